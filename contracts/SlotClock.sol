// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import { Parameters } from "./interfaces/IMarketDirectory.sol";
import { SlotId } from "./types/SlotId.sol";

/// @title SlotClock
/// @notice Which slot it is, and when a slot's auction windows open and close. All times are Unix seconds.
abstract contract SlotClock {
    uint256 internal immutable GENESIS;
    uint256 internal immutable SLOT_SECONDS;

    /// @notice The market's first slot has not begun.
    error BeforeGenesis(uint256 time, uint256 genesis);

    constructor(Parameters memory p) {
        GENESIS = p.genesis;
        SLOT_SECONDS = p.slotSeconds;
    }

    /// @notice The slot that the present block belongs to.
    function currentSlot() public view returns (SlotId) {
        uint256 genesis = GENESIS;
        if (block.timestamp < genesis) revert BeforeGenesis(block.timestamp, genesis);
        // A slot has at least four seconds; 2^32 of them outlast any chain.
        return SlotId.wrap(uint32((block.timestamp - genesis) / SLOT_SECONDS));
    }

    /// @notice When `slot` begins.
    function startOf(SlotId slot) public view returns (uint256) {
        unchecked {
            return GENESIS + SlotId.unwrap(slot) * SLOT_SECONDS; // 40 bits, and the product of 32 and 20
        }
    }
}
