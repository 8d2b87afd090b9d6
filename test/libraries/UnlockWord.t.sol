// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import { ParticipantId } from "../../contracts/types/ParticipantId.sol";
import { UnlockLibrary } from "../../contracts/types/UnlockWord.sol";

contract UnlockWordTest {
    function testFuzz_UnlockIsReadAsItWasPacked(uint32 participant, uint224 amount) external pure {
        require(
            ParticipantId.unwrap(UnlockLibrary.pack(ParticipantId.wrap(participant), amount).participant()) ==
                participant,
            "participant"
        );
        require(UnlockLibrary.pack(ParticipantId.wrap(participant), amount).amount() == amount, "amount");
    }
}
