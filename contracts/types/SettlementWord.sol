// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import { Bits } from "../libraries/Bits.sol";
import { ParticipantId } from "./ParticipantId.sol";

/// @notice What a delivery moves between a contract's parties, in one word, from the lowest bit: buyer 32, what it pays the seller
/// 56, what is unlocked for the buyer 56 and for the seller 56, by how much the reputation of both rises 16.
type SettlementWord is uint256;

using SettlementLibrary for SettlementWord global;

/// @title SettlementLibrary
library SettlementLibrary {
    using Bits for uint256;

    /// @dev A contract's money has at most 49 bits, and a rise at most 14.
    function pack(
        ParticipantId buyer_,
        uint256 paid_,
        uint256 unlockBuyer_,
        uint256 unlockSeller_,
        uint256 rise_
    ) internal pure returns (SettlementWord) {
        return
            SettlementWord.wrap(
                ParticipantId.unwrap(buyer_) |
                    (paid_ << 32) |
                    (unlockBuyer_ << 88) |
                    (unlockSeller_ << 144) |
                    (rise_ << 200)
            );
    }

    function buyer(SettlementWord word) internal pure returns (ParticipantId) {
        return ParticipantId.wrap(uint32(SettlementWord.unwrap(word)));
    }

    function paid(SettlementWord word) internal pure returns (uint256) {
        return SettlementWord.unwrap(word).read(32, 56);
    }

    function unlockBuyer(SettlementWord word) internal pure returns (uint256) {
        return SettlementWord.unwrap(word).read(88, 56);
    }

    function unlockSeller(SettlementWord word) internal pure returns (uint256) {
        return SettlementWord.unwrap(word).read(144, 56);
    }

    function rise(SettlementWord word) internal pure returns (uint256) {
        return SettlementWord.unwrap(word).read(200, 16);
    }
}
