// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import { ParticipantId } from "../../contracts/types/ParticipantId.sol";
import { SlotId } from "../../contracts/types/SlotId.sol";

contract IdsTest {
    function testFuzz_ParticipantsAreCompared(uint32 a, uint32 b) external pure {
        require((ParticipantId.wrap(a) == ParticipantId.wrap(b)) == (a == b), "==");
        require((ParticipantId.wrap(a) != ParticipantId.wrap(b)) == (a != b), "!=");
        require(ParticipantId.wrap(a) == ParticipantId.wrap(a), "== itself");
        require(!(ParticipantId.wrap(a) != ParticipantId.wrap(a)), "!= itself");
    }

    function testFuzz_SlotsAreCompared(uint32 a, uint32 b) external pure {
        _compare(a, b);
        _compare(b, a);
        _compare(a, a);
        if (a != type(uint32).max) _compare(a, a + 1);
        if (a != 0) _compare(a, a - 1);
    }

    function testFuzz_SlotsAreAdded(uint32 a, uint32 count) external pure {
        uint32 start = a / 2;
        require(SlotId.unwrap(SlotId.wrap(start).plus(count / 2)) == start + count / 2, "plus");
    }

    function testSlotsDoNotWrapRound() external view {
        require(this.plus(type(uint32).max - 1, 1) == type(uint32).max, "last");
        try this.plus(type(uint32).max, 1) {
            revert("wrapped round");
        } catch Panic(uint256 code) {
            require(code == 0x11, "overflow");
        }
    }

    /// @notice Slot `count` slots after `slot`, in a call of its own so that its revert can be caught.
    function plus(uint32 slot, uint32 count) external pure returns (uint32) {
        return SlotId.unwrap(SlotId.wrap(slot).plus(count));
    }

    function _compare(uint32 a, uint32 b) private pure {
        SlotId x = SlotId.wrap(a);
        SlotId y = SlotId.wrap(b);
        require((x == y) == (a == b), "==");
        require((x != y) == (a != b), "!=");
        require((x < y) == (a < b), "<");
        require((x > y) == (a > b), ">");
        require((x <= y) == (a <= b), "<=");
        require((x >= y) == (a >= b), ">=");
    }
}
