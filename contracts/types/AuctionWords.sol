// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import { Bid } from "../interfaces/ISlotAuction.sol";
import { Bits } from "../libraries/Bits.sol";
import { ParticipantId } from "./ParticipantId.sol";
import { SlotId } from "./SlotId.sol";
import { CoreSeconds, Price, Wh } from "./Units.sol";

/// @notice A participant's latest plan, from the lowest bit: wallet 160, slot 32, sequence number of the commit 32,
/// reputation at the reveal 16, number of bids or offers 8, status 4, bonded 1, seller 1.
type PlanWord is uint256;

/// @notice A revealed bid, from the lowest bit: cores 16, core-seconds 40, energy 32, highest price 32, earliest slot 16 and
/// deadline 16 as distance from the slot, priority 8, slot 32, reputation 16, sequence number 32.
type BidWord is uint256;

/// @notice Three offers of a revealed plan, from the lowest bit: price 32, energy left 32 and cores left 16, three times,
/// reputation at the reveal 14, and in the highest bit whether the plan goes on in a next word. The clearing sells from these
/// words.
type OffersWord is uint256;

/// @notice A revealed offer in memory while it is matched, from the lowest bit: cores left 16, energy left 32 and the price's
/// complement to 2^32 - 1, each below a bit that is 0; from bit 88 index 8, seller 32, reputation at the reveal 16, place in the
/// ranking 24. What a bid needs is written as the row of the smallest and dearest offer that fits it.
type OfferRow is uint256;

/// @notice A slot's book, from the lowest bit: bids 24, offers 24, phase 8, sum of the revealed salts' hashes 128, least energy
/// of any bid 32, fewest cores of any bid 16. An offer with less left than these fits no bid of the slot.
type BookWord is uint256;

/// @notice How far a caller's ranking of a slot has come, from the lowest bit: key of the last bid 88, key of the last offer
/// 88, bids 24, offers 24, slot 32.
type RankingWord is uint256;

/// @notice Where the matching of a slot stands, from the lowest bit: whose ranking 160, next bid 24, first offer that is not
/// used up 24, next offer to release 24, trades 24.
type CursorWord is uint256;

/// @notice The candidates found so far for the next bid, from the lowest bit: next offer to look at 24, how many 8, their
/// places in the ranking 24 each.
type CandidatesWord is uint256;

using PlanLibrary for PlanWord global;
using BidLibrary for BidWord global;
using OffersLibrary for OffersWord global;
using OfferRowLibrary for OfferRow global;
using BookLibrary for BookWord global;
using RankingLibrary for RankingWord global;
using CursorLibrary for CursorWord global;
using CandidatesLibrary for CandidatesWord global;

/// @title PlanLibrary
library PlanLibrary {
    using Bits for uint256;

    function pack(
        address wallet_,
        SlotId slot_,
        uint256 sequence_,
        uint256 status_,
        bool seller_
    ) internal pure returns (PlanWord) {
        return
            PlanWord.wrap(
                uint256(uint160(wallet_)) |
                    (uint256(SlotId.unwrap(slot_)) << 160) |
                    (sequence_ << 192) |
                    (status_ << 248) |
                    (1 << 252) |
                    (seller_ ? 1 << 253 : 0)
            );
    }

    function wallet(PlanWord word) internal pure returns (address) {
        return address(uint160(PlanWord.unwrap(word)));
    }

    function slot(PlanWord word) internal pure returns (SlotId) {
        return SlotId.wrap(uint32(PlanWord.unwrap(word) >> 160));
    }

    function sequence(PlanWord word) internal pure returns (uint256) {
        return PlanWord.unwrap(word).read(192, 32);
    }

    function reputation(PlanWord word) internal pure returns (uint256) {
        return PlanWord.unwrap(word).read(224, 16);
    }

    function count(PlanWord word) internal pure returns (uint256) {
        return PlanWord.unwrap(word).read(240, 8);
    }

    function status(PlanWord word) internal pure returns (uint256) {
        return PlanWord.unwrap(word).read(248, 4);
    }

    function bonded(PlanWord word) internal pure returns (bool) {
        return PlanWord.unwrap(word).read(252, 1) != 0;
    }

    function seller(PlanWord word) internal pure returns (bool) {
        return PlanWord.unwrap(word).read(253, 1) != 0;
    }

    function withStatus(PlanWord word, uint256 status_) internal pure returns (PlanWord) {
        return PlanWord.wrap(PlanWord.unwrap(word).write(248, 4, status_));
    }

    function withSequence(PlanWord word, uint256 sequence_) internal pure returns (PlanWord) {
        return PlanWord.wrap(PlanWord.unwrap(word).write(192, 32, sequence_));
    }

    function withoutBond(PlanWord word) internal pure returns (PlanWord) {
        return PlanWord.wrap(PlanWord.unwrap(word).write(252, 1, 0));
    }

    function revealed(
        PlanWord word,
        uint256 status_,
        uint256 reputation_,
        uint256 count_
    ) internal pure returns (PlanWord) {
        return PlanWord.wrap(PlanWord.unwrap(withStatus(word, status_)) | (reputation_ << 224) | (count_ << 240));
    }
}

/// @title BidLibrary
library BidLibrary {
    using Bits for uint256;

    /// @dev The caller made sure that the distances from the slot fit.
    function pack(
        Bid memory bid,
        SlotId slot_,
        uint256 reputation_,
        uint256 sequence_
    ) internal pure returns (BidWord) {
        unchecked {
            uint256 from = SlotId.unwrap(slot_);
            uint256 word = bid.cores | (uint256(bid.coreSeconds) << 16) | (uint256(bid.energy) << 56);
            word |= (uint256(bid.maxPrice) << 88) | ((bid.earliest - from) << 120) | ((bid.deadline - from) << 136);
            if (bid.priority) word |= 1 << 152;
            return BidWord.wrap(word | (from << 160) | (reputation_ << 192) | (sequence_ << 208));
        }
    }

    function cores(BidWord word) internal pure returns (uint16) {
        return uint16(BidWord.unwrap(word));
    }

    function coreSeconds(BidWord word) internal pure returns (CoreSeconds) {
        return CoreSeconds.wrap(uint40(BidWord.unwrap(word) >> 16));
    }

    function energy(BidWord word) internal pure returns (Wh) {
        return Wh.wrap(uint32(BidWord.unwrap(word) >> 56));
    }

    function maxPrice(BidWord word) internal pure returns (Price) {
        return Price.wrap(uint32(BidWord.unwrap(word) >> 88));
    }

    function earliestOffset(BidWord word) internal pure returns (uint16) {
        return uint16(BidWord.unwrap(word) >> 120);
    }

    function deadlineOffset(BidWord word) internal pure returns (uint16) {
        return uint16(BidWord.unwrap(word) >> 136);
    }

    function priority(BidWord word) internal pure returns (bool) {
        return BidWord.unwrap(word).read(152, 8) != 0;
    }

    function slot(BidWord word) internal pure returns (SlotId) {
        return SlotId.wrap(uint32(BidWord.unwrap(word) >> 160));
    }

    function reputation(BidWord word) internal pure returns (uint256) {
        return BidWord.unwrap(word).read(192, 16);
    }

    function sequence(BidWord word) internal pure returns (uint256) {
        return BidWord.unwrap(word).read(208, 32);
    }
}

/// @title OffersLibrary
library OffersLibrary {
    using Bits for uint256;

    /// @notice How many offers a word holds.
    uint256 internal constant PER_WORD = 3;

    uint256 private constant REPUTATION = 240;
    uint256 private constant MORE = 1 << 255;

    /// @dev A word without offers. No reputation has more than 14 bits.
    function pack(uint256 reputation_, bool more_) internal pure returns (OffersWord) {
        return OffersWord.wrap((reputation_ << REPUTATION) | (more_ ? MORE : 0));
    }

    /// @dev Adds offer `index` of the word, which holds none there yet.
    function add(
        OffersWord word,
        uint256 index,
        Price price_,
        Wh energy_,
        uint256 cores_
    ) internal pure returns (OffersWord) {
        uint256 offer = Price.unwrap(price_) | (uint256(Wh.unwrap(energy_)) << 32) | (cores_ << 64);
        return OffersWord.wrap(OffersWord.unwrap(word) | (offer << _shift(index)));
    }

    function price(OffersWord word, uint256 index) internal pure returns (Price) {
        return Price.wrap(uint32(OffersWord.unwrap(word) >> _shift(index)));
    }

    function energy(OffersWord word, uint256 index) internal pure returns (Wh) {
        return Wh.wrap(uint32((OffersWord.unwrap(word) >> _shift(index)) >> 32));
    }

    function cores(OffersWord word, uint256 index) internal pure returns (uint16) {
        return uint16((OffersWord.unwrap(word) >> _shift(index)) >> 64);
    }

    function reputation(OffersWord word) internal pure returns (uint256) {
        return OffersWord.unwrap(word).read(REPUTATION, 14);
    }

    /// @dev Whether the plan goes on in a next word.
    function more(OffersWord word) internal pure returns (bool) {
        return OffersWord.unwrap(word) >= MORE;
    }

    /// @dev The caller made sure that so much is left of offer `index`.
    function less(OffersWord word, uint256 index, Wh energy_, uint256 cores_) internal pure returns (OffersWord) {
        unchecked {
            uint256 sold = (uint256(Wh.unwrap(energy_)) << 32) | (cores_ << 64);
            return OffersWord.wrap(OffersWord.unwrap(word) - (sold << _shift(index)));
        }
    }

    function _shift(uint256 index) private pure returns (uint256) {
        unchecked {
            return 80 * index; // at most 2
        }
    }
}

/// @title OfferRowLibrary
library OfferRowLibrary {
    using Bits for uint256;

    uint256 private constant ENERGY = 17;
    uint256 private constant PRICE = 50;
    uint256 private constant INDEX = 88;
    uint256 private constant SELLER = 96;
    uint256 private constant REPUTATION = 128;
    uint256 private constant PLACE = 144;

    /// @dev The bits above the fields that are compared.
    uint256 private constant PRICE_GUARD = 1 << 82;
    uint256 private constant GUARDS = (1 << 16) | (1 << 49) | PRICE_GUARD;

    /// @param offers the word that the offer is in
    /// @param ref_ seller's number * 256 + index of the offer in its plan
    function pack(OffersWord offers, uint256 ref_, uint256 place_) internal pure returns (OfferRow) {
        uint256 at = (ref_ & 0xff) % OffersLibrary.PER_WORD;
        uint256 row = OfferRow.unwrap(needed(offers.energy(at), offers.cores(at), offers.price(at)));
        return OfferRow.wrap(row | (ref_ << INDEX) | (offers.reputation() << REPUTATION) | (place_ << PLACE));
    }

    /// @notice What a bid needs: so much left, at no higher price.
    function needed(Wh energy_, uint256 cores_, Price highest) internal pure returns (OfferRow) {
        uint256 complement = ~Price.unwrap(highest);
        return OfferRow.wrap(cores_ | (uint256(Wh.unwrap(energy_)) << ENERGY) | (complement << PRICE));
    }

    /// @notice Compares all fields at once: where the row has less than the need, the subtraction takes the bit above the field.
    /// @return verdict the bits that are left; the price's is the highest, so that it is least where the offer is dearer, and
    /// most where it fits
    function compare(OfferRow row, OfferRow need) internal pure returns (uint256 verdict) {
        unchecked {
            return ((OfferRow.unwrap(row) | GUARDS) - OfferRow.unwrap(need)) & GUARDS;
        }
    }

    /// @notice Whether the offer is not dearer and has as much left as is needed.
    function fits(uint256 verdict) internal pure returns (bool) {
        return verdict == GUARDS;
    }

    /// @notice Passes rows in memory of offers that are not dearer and have not as much left as is needed. Here most looks at an
    /// offer end, which is why nothing branches but the loop itself.
    /// @param spot where the first row is
    /// @param end where the last row ends
    /// @return where the first other row is, or `end`
    function skipTooSmall(OfferRow need, uint256 spot, uint256 end) internal pure returns (uint256) {
        uint256 guards = GUARDS;
        uint256 priceGuard = PRICE_GUARD;
        assembly ("memory-safe") {
            // As `compare` does; the verdict is from PRICE_GUARD up and below GUARDS, one comparison for two.
            let most := sub(guards, priceGuard)
            for {} and(lt(spot, end), lt(sub(and(sub(or(mload(spot), guards), need), guards), priceGuard), most)) {
                spot := add(spot, 0x20)
            } {}
        }
        return spot;
    }

    function energy(OfferRow row) internal pure returns (Wh) {
        return Wh.wrap(uint32(OfferRow.unwrap(row) >> ENERGY));
    }

    function price(OfferRow row) internal pure returns (Price) {
        return Price.wrap(~uint32(OfferRow.unwrap(row) >> PRICE));
    }

    /// @dev Seller's number * 256 + index of the offer in its plan.
    function ref(OfferRow row) internal pure returns (uint256) {
        return OfferRow.unwrap(row).read(INDEX, 40);
    }

    function index(OfferRow row) internal pure returns (uint8) {
        return uint8(OfferRow.unwrap(row) >> INDEX);
    }

    function seller(OfferRow row) internal pure returns (ParticipantId) {
        return ParticipantId.wrap(uint32(OfferRow.unwrap(row) >> SELLER));
    }

    function reputation(OfferRow row) internal pure returns (uint256) {
        return OfferRow.unwrap(row).read(REPUTATION, 16);
    }

    function place(OfferRow row) internal pure returns (uint256) {
        return OfferRow.unwrap(row).read(PLACE, 24);
    }

    /// @dev The caller made sure that so much is left.
    function less(OfferRow row, Wh energy_, uint256 cores_) internal pure returns (OfferRow) {
        unchecked {
            return OfferRow.wrap(OfferRow.unwrap(row) - (cores_ | (uint256(Wh.unwrap(energy_)) << ENERGY)));
        }
    }
}

/// @title BookLibrary
library BookLibrary {
    using Bits for uint256;

    function bids(BookWord word) internal pure returns (uint256) {
        return BookWord.unwrap(word).read(0, 24);
    }

    function offers(BookWord word) internal pure returns (uint256) {
        return BookWord.unwrap(word).read(24, 24);
    }

    function phase(BookWord word) internal pure returns (uint256) {
        return BookWord.unwrap(word).read(48, 8);
    }

    function salts(BookWord word) internal pure returns (uint256) {
        return BookWord.unwrap(word).read(56, 128);
    }

    function leastEnergy(BookWord word) internal pure returns (uint256) {
        return BookWord.unwrap(word).read(184, 32);
    }

    function fewestCores(BookWord word) internal pure returns (uint256) {
        return BookWord.unwrap(word).read(216, 16);
    }

    function addBids(
        BookWord word,
        uint256 count,
        uint256 leastEnergy_,
        uint256 fewestCores_
    ) internal pure returns (BookWord) {
        uint256 packed = BookWord.unwrap(word);
        bool first = bids(word) == 0;
        if (first || leastEnergy_ < leastEnergy(word)) packed = packed.write(184, 32, leastEnergy_);
        if (first || fewestCores_ < fewestCores(word)) packed = packed.write(216, 16, fewestCores_);
        return BookWord.wrap(packed + count);
    }

    function addOffers(BookWord word, uint256 count) internal pure returns (BookWord) {
        return BookWord.wrap(BookWord.unwrap(word) + (count << 24));
    }

    /// @dev The salts' hashes are summed modulo 2^128, so that the order of the reveals does not matter.
    function addSalt(BookWord word, bytes32 salt) internal pure returns (BookWord) {
        uint256 saltHash;
        assembly ("memory-safe") {
            mstore(0, salt)
            saltHash := keccak256(0, 0x20)
        }
        unchecked {
            return BookWord.wrap(BookWord.unwrap(word).write(56, 128, uint128(salts(word) + saltHash)));
        }
    }

    function withPhase(BookWord word, uint256 phase_) internal pure returns (BookWord) {
        return BookWord.wrap(BookWord.unwrap(word).write(48, 8, phase_));
    }
}

/// @title RankingLibrary
library RankingLibrary {
    using Bits for uint256;

    /// @dev A ranking with nothing in it: any key is less than its last ones.
    function start(SlotId slot_) internal pure returns (RankingWord) {
        return RankingWord.wrap((uint256(SlotId.unwrap(slot_)) << 224) | ((1 << 176) - 1));
    }

    function lastBidKey(RankingWord word) internal pure returns (uint256) {
        return RankingWord.unwrap(word).read(0, 88);
    }

    function lastOfferKey(RankingWord word) internal pure returns (uint256) {
        return RankingWord.unwrap(word).read(88, 88);
    }

    function bids(RankingWord word) internal pure returns (uint256) {
        return RankingWord.unwrap(word).read(176, 24);
    }

    function offers(RankingWord word) internal pure returns (uint256) {
        return RankingWord.unwrap(word).read(200, 24);
    }

    function slot(RankingWord word) internal pure returns (SlotId) {
        return SlotId.wrap(uint32(RankingWord.unwrap(word) >> 224));
    }

    function withBids(RankingWord word, uint256 lastKey, uint256 bids_) internal pure returns (RankingWord) {
        return RankingWord.wrap(RankingWord.unwrap(word).write(0, 88, lastKey).write(176, 24, bids_));
    }

    function withOffers(RankingWord word, uint256 lastKey, uint256 offers_) internal pure returns (RankingWord) {
        return RankingWord.wrap(RankingWord.unwrap(word).write(88, 88, lastKey).write(200, 24, offers_));
    }
}

/// @title CursorLibrary
library CursorLibrary {
    using Bits for uint256;

    function pack(
        address ranker_,
        uint256 nextBid_,
        uint256 head_,
        uint256 nextRelease_,
        uint256 trades_
    ) internal pure returns (CursorWord) {
        return
            CursorWord.wrap(
                uint256(uint160(ranker_)) |
                    (nextBid_ << 160) |
                    (head_ << 184) |
                    (nextRelease_ << 208) |
                    (trades_ << 232)
            );
    }

    function ranker(CursorWord word) internal pure returns (address) {
        return address(uint160(CursorWord.unwrap(word)));
    }

    function nextBid(CursorWord word) internal pure returns (uint256) {
        return CursorWord.unwrap(word).read(160, 24);
    }

    function head(CursorWord word) internal pure returns (uint256) {
        return CursorWord.unwrap(word).read(184, 24);
    }

    function nextRelease(CursorWord word) internal pure returns (uint256) {
        return CursorWord.unwrap(word).read(208, 24);
    }

    function trades(CursorWord word) internal pure returns (uint256) {
        return CursorWord.unwrap(word).read(232, 24);
    }
}

/// @title CandidatesLibrary
library CandidatesLibrary {
    using Bits for uint256;

    function next(CandidatesWord word) internal pure returns (uint256) {
        return CandidatesWord.unwrap(word).read(0, 24);
    }

    function count(CandidatesWord word) internal pure returns (uint256) {
        return CandidatesWord.unwrap(word).read(24, 8);
    }

    function placeAt(CandidatesWord word, uint256 index) internal pure returns (uint256) {
        unchecked {
            return CandidatesWord.unwrap(word).read(32 + 24 * index, 24); // no word has room for more than 9
        }
    }

    function add(CandidatesWord word, uint256 place) internal pure returns (CandidatesWord) {
        unchecked {
            uint256 shift = 32 + 24 * count(word);
            return CandidatesWord.wrap((CandidatesWord.unwrap(word) + (1 << 24)) | (place << shift));
        }
    }

    function withNext(CandidatesWord word, uint256 next_) internal pure returns (CandidatesWord) {
        return CandidatesWord.wrap(CandidatesWord.unwrap(word).write(0, 24, next_));
    }
}
