// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import { ParticipantId } from "./ParticipantId.sol";

/// @notice What is to be unlocked for whom, in one word, from the lowest bit: participant 32, micro-yuan 224.
type UnlockWord is uint256;

using UnlockLibrary for UnlockWord global;

/// @title UnlockLibrary
library UnlockLibrary {
    /// @dev A participant never has more than 112 bits of money.
    function pack(ParticipantId participant_, uint256 amount_) internal pure returns (UnlockWord) {
        return UnlockWord.wrap(ParticipantId.unwrap(participant_) | (amount_ << 32));
    }

    function participant(UnlockWord word) internal pure returns (ParticipantId) {
        return ParticipantId.wrap(uint32(UnlockWord.unwrap(word)));
    }

    function amount(UnlockWord word) internal pure returns (uint256) {
        return UnlockWord.unwrap(word) >> 32;
    }
}
