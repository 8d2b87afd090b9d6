// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import { Bits } from "../libraries/Bits.sol";
import { BidWord } from "./AuctionWords.sol";
import { ParticipantId } from "./ParticipantId.sol";
import { SlotId } from "./SlotId.sol";
import { CoreSeconds, Price, Wh } from "./Units.sol";

/// @notice What a supply contract fixes, in one word, from the lowest bit: buyer 32, seller 32, cores 16, core-seconds 40,
/// energy 32, price 32, first slot 16 and deadline 16 as distance from the slot of signing, priority 8, slot of signing 32.
/// After buyer and seller it is a `BidWord` with the trade's price in place of the bid's.
type SupplyTermsWord is uint256;

/// @notice What a supply contract has come to, in one word, from the lowest bit: core-seconds delivered 40, Wh from PV 32,
/// ESD 32 and grid 32, buyer's deposit 48, seller's deposit 48, status 8, handed over 8.
type SupplyProgressWord is uint256;

/// @notice Where a contract comes from, in one word, from the lowest bit: index of the bid in the buyer's plan 8, index of the
/// offer in the seller's plan 8, number of offers that the draw was among 8.
type TradeWord is uint256;

using SupplyTermsLibrary for SupplyTermsWord global;
using SupplyProgressLibrary for SupplyProgressWord global;

/// @title SupplyTermsLibrary
library SupplyTermsLibrary {
    using Bits for uint256;

    /// @dev What signs `bid` between `buyer_` and `seller_` at `price_`.
    function fromBid(
        BidWord bid,
        ParticipantId buyer_,
        ParticipantId seller_,
        Price price_
    ) internal pure returns (SupplyTermsWord) {
        uint256 parties = ParticipantId.unwrap(buyer_) | (uint256(ParticipantId.unwrap(seller_)) << 32);
        // The shift drops what a bid has above the slot: reputation and sequence number.
        uint256 word = parties | (BidWord.unwrap(bid) << 64);
        return SupplyTermsWord.wrap(word.write(152, 32, Price.unwrap(price_)));
    }

    function exists(SupplyTermsWord word) internal pure returns (bool) {
        return SupplyTermsWord.unwrap(word) != 0;
    }

    function buyer(SupplyTermsWord word) internal pure returns (ParticipantId) {
        return ParticipantId.wrap(uint32(SupplyTermsWord.unwrap(word)));
    }

    function seller(SupplyTermsWord word) internal pure returns (ParticipantId) {
        return ParticipantId.wrap(uint32(SupplyTermsWord.unwrap(word) >> 32));
    }

    function cores(SupplyTermsWord word) internal pure returns (uint16) {
        return uint16(SupplyTermsWord.unwrap(word) >> 64);
    }

    function coreSeconds(SupplyTermsWord word) internal pure returns (CoreSeconds) {
        return CoreSeconds.wrap(uint40(SupplyTermsWord.unwrap(word) >> 80));
    }

    function energy(SupplyTermsWord word) internal pure returns (Wh) {
        return Wh.wrap(uint32(SupplyTermsWord.unwrap(word) >> 120));
    }

    function price(SupplyTermsWord word) internal pure returns (Price) {
        return Price.wrap(uint32(SupplyTermsWord.unwrap(word) >> 152));
    }

    function signed(SupplyTermsWord word) internal pure returns (SlotId) {
        return SlotId.wrap(uint32(SupplyTermsWord.unwrap(word) >> 224));
    }

    function firstSlot(SupplyTermsWord word) internal pure returns (SlotId) {
        return _afterSigning(word, uint16(SupplyTermsWord.unwrap(word) >> 184));
    }

    function deadline(SupplyTermsWord word) internal pure returns (SlotId) {
        return _afterSigning(word, uint16(SupplyTermsWord.unwrap(word) >> 200));
    }

    function priority(SupplyTermsWord word) internal pure returns (bool) {
        return SupplyTermsWord.unwrap(word).read(216, 8) != 0;
    }

    function _afterSigning(SupplyTermsWord word, uint32 slots) private pure returns (SlotId) {
        unchecked {
            // The bid named the slot itself, in 32 bits.
            return SlotId.wrap(SlotId.unwrap(signed(word)) + slots);
        }
    }
}

/// @title SupplyProgressLibrary
library SupplyProgressLibrary {
    using Bits for uint256;

    function pack(
        uint256 buyerDeposit_,
        uint256 sellerDeposit_,
        uint256 status_
    ) internal pure returns (SupplyProgressWord) {
        return SupplyProgressWord.wrap((buyerDeposit_ << 136) | (sellerDeposit_ << 184) | (status_ << 232));
    }

    function delivered(SupplyProgressWord word) internal pure returns (CoreSeconds) {
        return CoreSeconds.wrap(uint40(SupplyProgressWord.unwrap(word)));
    }

    function pv(SupplyProgressWord word) internal pure returns (uint256) {
        return SupplyProgressWord.unwrap(word).read(40, 32);
    }

    function esd(SupplyProgressWord word) internal pure returns (uint256) {
        return SupplyProgressWord.unwrap(word).read(72, 32);
    }

    function grid(SupplyProgressWord word) internal pure returns (uint256) {
        return SupplyProgressWord.unwrap(word).read(104, 32);
    }

    function buyerDeposit(SupplyProgressWord word) internal pure returns (uint256) {
        return SupplyProgressWord.unwrap(word).read(136, 48);
    }

    function sellerDeposit(SupplyProgressWord word) internal pure returns (uint256) {
        return SupplyProgressWord.unwrap(word).read(184, 48);
    }

    function status(SupplyProgressWord word) internal pure returns (uint256) {
        return SupplyProgressWord.unwrap(word).read(232, 8);
    }

    function handedOver(SupplyProgressWord word) internal pure returns (bool) {
        return SupplyProgressWord.unwrap(word).read(240, 8) != 0;
    }

    /// @dev Adds a delivery; the caller made sure that the core-seconds fit. Energy stops at the most that its field holds,
    /// so that it cannot keep a reading from being taken.
    function add(
        SupplyProgressWord word,
        CoreSeconds coreSeconds_,
        uint256 pv_,
        uint256 esd_,
        uint256 grid_
    ) internal pure returns (SupplyProgressWord) {
        unchecked {
            // Each sum has at most 33 bits.
            uint256 energy = _saturated(pv(word) + pv_) << 40;
            energy |= _saturated(esd(word) + esd_) << 72;
            energy |= _saturated(grid(word) + grid_) << 104;
            uint256 others = SupplyProgressWord.unwrap(word).write(40, 96, 0);
            return SupplyProgressWord.wrap((others | energy) + CoreSeconds.unwrap(coreSeconds_));
        }
    }

    function withStatus(SupplyProgressWord word, uint256 status_) internal pure returns (SupplyProgressWord) {
        return SupplyProgressWord.wrap(SupplyProgressWord.unwrap(word).write(232, 8, status_));
    }

    function withHandedOver(SupplyProgressWord word, bool handedOver_) internal pure returns (SupplyProgressWord) {
        return SupplyProgressWord.wrap(SupplyProgressWord.unwrap(word).write(240, 8, handedOver_ ? 1 : 0));
    }

    function _saturated(uint256 value) private pure returns (uint256) {
        unchecked {
            return uint32(value | (0 - (value >> 32))); // all bits, if there is a 33rd
        }
    }
}
