// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import { AuctionPlans } from "./AuctionPlans.sol";
import { Addresses, IMarketDirectory, Parameters } from "./interfaces/IMarketDirectory.sol";
import { IRandomBeacon } from "./interfaces/IRandomBeacon.sol";
import { BookState, ISlotAuction, Offer, Phase, PlanStatus } from "./interfaces/ISlotAuction.sol";
import { ISupplyBook } from "./interfaces/ISupplyBook.sol";
import { AuctionOrder } from "./libraries/AuctionOrder.sol";
import { SettlementMath } from "./libraries/SettlementMath.sol";
import {
    BidWord,
    BookWord,
    CandidatesWord,
    CursorLibrary,
    CursorWord,
    OfferRow,
    OfferRowLibrary,
    PlanWord,
    RankingLibrary,
    RankingWord
} from "./types/AuctionWords.sol";
import { ParticipantId } from "./types/ParticipantId.sol";
import { SlotId } from "./types/SlotId.sol";
import { SupplyTermsLibrary } from "./types/SupplyWords.sol";
import { ContractId, Price, Wh } from "./types/Units.sol";

/// @title SlotAuction
/// @notice Implements {ISlotAuction}, where everything is described.
contract SlotAuction is AuctionPlans {
    /// @dev A page of the matching, in memory.
    struct Page {
        SlotId slot;
        address ranker;
        bytes32 seed;
        /// @dev Whether it is too late to sign contracts for the slot.
        bool lapsed;
        uint256 bids;
        uint256 offers;
        uint256 nextBid;
        uint256 head;
        uint256 nextRelease;
        uint256 trades;
        uint256 work;
    }

    uint256 private constant REFS_PER_WORD = 6;
    uint256 private constant REF_BITS = 40;

    /// @dev Steps of `work`: a look at an offer, the conclusion of a bid (a trade, at most), the release of an offer.
    uint256 private constant LOOK_WORK = 1;
    uint256 private constant CONCLUDE_WORK = 220;
    uint256 private constant RELEASE_WORK = 45;

    IRandomBeacon private immutable _beacon;
    ISupplyBook private immutable _supply;
    uint256 private immutable _drawAmong;
    uint256 private immutable _sellerShareBps;

    mapping(address ranker => RankingWord) private _rankings;
    mapping(address ranker => mapping(uint256 index => uint256)) private _rankedBids;
    mapping(address ranker => mapping(uint256 index => uint256)) private _rankedOffers;
    mapping(SlotId => CursorWord) private _cursors;
    mapping(SlotId => CandidatesWord) private _candidates;
    mapping(SlotId => bytes32) private _seeds;

    /// @param directory_ directory of the market
    constructor(IMarketDirectory directory_) AuctionPlans(directory_) {
        Addresses memory market = directory_.addresses();
        Parameters memory p = directory_.parameters();
        _beacon = IRandomBeacon(market.beacon);
        _supply = ISupplyBook(market.supply);
        _drawAmong = p.drawAmong;
        _sellerShareBps = p.sellerShareBps;
    }

    // ---------------------------------------------------------------- clear

    /// @inheritdoc ISlotAuction
    function clear(
        SlotId slot,
        uint40[] calldata bids,
        uint40[] calldata offers,
        uint256 work
    ) external returns (bool cleared) {
        BookWord book = _books[slot];
        uint256 phase = book.phase();
        if (phase == uint256(Phase.Cleared)) revert AlreadyCleared(slot);
        if (phase == uint256(Phase.Open)) {
            bool complete = _rank(slot, book, bids, offers);
            if (!complete || work == 0) return false;
            _start(slot, book);
        } else if (bids.length + offers.length != 0) {
            revert OrderFixed(slot);
        }
        return _match(slot, book, work);
    }

    /// @inheritdoc ISlotAuction
    function discardRanking() external {
        _requireRankingFree(_rankings[msg.sender].slot());
        _rankings[msg.sender] = RankingWord.wrap(0);
    }

    // ---------------------------------------------------------------- views

    /// @inheritdoc ISlotAuction
    function bookOf(SlotId slot) external view returns (BookState memory) {
        BookWord book = _books[slot];
        CursorWord cursor = _cursors[slot];
        return
            BookState({
                phase: Phase(book.phase()),
                bids: book.bids(),
                offers: book.offers(),
                seed: _seeds[slot],
                ranker: cursor.ranker(),
                concluded: cursor.nextBid(),
                trades: cursor.trades()
            });
    }

    /// @inheritdoc ISlotAuction
    function disposableEnergy(ParticipantId dataCentre, SlotId slot) external view returns (Wh) {
        PlanWord plan = _plans[dataCentre];
        if (!plan.seller() || plan.slot() != slot || plan.status() != uint256(PlanStatus.Revealed)) {
            return Wh.wrap(0);
        }
        BookWord book = _books[slot];
        uint256 phase = book.phase();
        uint256 energy;
        if (phase == uint256(Phase.Open)) {
            for (uint256 i; i < plan.count(); ++i) energy += offerOf(dataCentre, i).energy;
        } else if (phase == uint256(Phase.Matching)) {
            address ranker = _cursors[slot].ranker();
            for (uint256 i; i < book.offers(); ++i) {
                OfferRow row = _rowAt(ranker, i);
                if (row.seller() == dataCentre) energy += Wh.unwrap(row.energy());
            }
        }
        return Wh.wrap(energy > type(uint32).max ? type(uint32).max : uint32(energy));
    }

    /// @inheritdoc ISlotAuction
    function rankingOf(address ranker) external view returns (SlotId slot, uint256 bids, uint256 offers) {
        RankingWord ranking = _rankings[ranker];
        return (ranking.slot(), ranking.bids(), ranking.offers());
    }

    // ---------------------------------------------------------------- internals: ranking

    /// @dev Appends to the caller's lists. What is listed comes strictly after what was listed before and is in the book; so
    /// a list as long as the book is the book in its order, and there is only one.
    function _rank(
        SlotId slot,
        BookWord book,
        uint40[] calldata bids,
        uint40[] calldata offers
    ) private returns (bool complete) {
        uint256 from = _clearFrom(slot);
        if (block.timestamp < from) revert WrongWindow(slot, from, type(uint256).max, block.timestamp);
        RankingWord ranking = _rankings[msg.sender];
        if (ranking.slot() != slot || RankingWord.unwrap(ranking) == 0) {
            _requireRankingFree(ranking.slot());
            ranking = RankingLibrary.pack(slot, type(uint88).max, type(uint88).max, 0, 0);
        }
        uint256 bidCount = ranking.bids() + bids.length;
        uint256 offerCount = ranking.offers() + offers.length;
        uint256 bidKey = _rankBids(slot, ranking, bids);
        uint256 offerKey = _rankOffers(slot, ranking, offers);
        if (bids.length + offers.length != 0) {
            _rankings[msg.sender] = RankingLibrary.pack(slot, bidKey, offerKey, bidCount, offerCount);
        }
        return bidCount == book.bids() && offerCount == book.offers();
    }

    function _rankBids(SlotId slot, RankingWord ranking, uint40[] calldata refs) private returns (uint256 last) {
        mapping(uint256 => uint256) storage list = _rankedBids[msg.sender];
        uint256 place = ranking.bids();
        last = ranking.lastBidKey();
        for (uint256 i; i < refs.length; ++i) {
            uint40 ref = refs[i];
            uint256 index = uint8(ref);
            BidWord bid = _bids[ParticipantId.wrap(uint32(ref >> 8))][index];
            if (bid.slot() != slot || BidWord.unwrap(bid) == 0) revert NotInBook(slot, ref);
            uint256 key = AuctionOrder.bidKey(bid.maxPrice(), bid.reputation(), bid.sequence(), index);
            if (key >= last) revert OutOfOrder(slot, ref);
            last = key;
            uint256 position = place % REFS_PER_WORD;
            // The first of a word overwrites what an earlier ranking left there.
            uint256 word = position == 0 ? 0 : list[place / REFS_PER_WORD];
            list[place / REFS_PER_WORD] = word | (uint256(ref) << (REF_BITS * position));
            ++place;
        }
    }

    function _rankOffers(SlotId slot, RankingWord ranking, uint40[] calldata refs) private returns (uint256 last) {
        mapping(uint256 => uint256) storage list = _rankedOffers[msg.sender];
        uint256 place = ranking.offers();
        last = ranking.lastOfferKey();
        for (uint256 i; i < refs.length; ++i) {
            uint40 ref = refs[i];
            uint256 index = uint8(ref);
            ParticipantId seller = ParticipantId.wrap(uint32(ref >> 8));
            PlanWord plan = _plans[seller];
            bool inBook =
                plan.seller() &&
                    plan.slot() == slot &&
                    plan.status() == uint256(PlanStatus.Revealed) &&
                    index < plan.count();
            if (!inBook) revert NotInBook(slot, ref);
            Offer memory offer = offerOf(seller, index);
            uint256 key = AuctionOrder.offerKey(Price.wrap(offer.price), plan.reputation(), plan.sequence(), index);
            if (key >= last) revert OutOfOrder(slot, ref);
            last = key;
            OfferRow row = OfferRowLibrary.pack(
                seller,
                index,
                Price.wrap(offer.price),
                Wh.wrap(offer.energy),
                offer.cores
            );
            uint256 word = place % 2 == 0 ? 0 : list[place / 2] << 128;
            list[place / 2] = (word >> 128) | (uint256(OfferRow.unwrap(row)) << (128 * (place % 2)));
            ++place;
        }
    }

    /// @dev The caller's lists are not what a slot is matched by.
    function _requireRankingFree(SlotId slot) private view {
        uint256 phase = _books[slot].phase();
        bool matched = phase == uint256(Phase.Matching) || phase == uint256(Phase.Releasing);
        if (matched && _cursors[slot].ranker() == msg.sender) revert RankingInUse(slot);
    }

    // ---------------------------------------------------------------- internals: matching

    /// @dev Fixes the order, which is the caller's lists, and the seed.
    function _start(SlotId slot, BookWord book) private {
        (bool isFinal, bytes32 value) = _beacon.valueOf(slot);
        if (!isFinal) revert BeaconPending(slot);
        bytes32 seed = keccak256(abi.encode(slot, book.salts(), value));
        _seeds[slot] = seed;
        _cursors[slot] = CursorLibrary.pack(msg.sender, 0, 0, 0, 0);
        _books[slot] = book.withPhase(uint256(Phase.Matching));
        emit MatchingStarted(slot, msg.sender, seed, book.bids(), book.offers());
    }

    function _match(SlotId slot, BookWord book, uint256 work) private returns (bool cleared) {
        CursorWord cursor = _cursors[slot];
        Page memory page = Page({
            slot: slot,
            ranker: cursor.ranker(),
            seed: _seeds[slot],
            lapsed: block.timestamp >= startOf(slot) + SLOT_SECONDS,
            bids: book.bids(),
            offers: book.offers(),
            nextBid: cursor.nextBid(),
            head: cursor.head(),
            nextRelease: cursor.nextRelease(),
            trades: cursor.trades(),
            work: work
        });
        if (page.nextBid < page.bids) _matchBids(page);
        if (page.nextBid == page.bids) _releaseOffers(page);
        cleared = page.nextBid == page.bids && page.nextRelease == page.offers;

        _cursors[slot] = CursorLibrary.pack(page.ranker, page.nextBid, page.head, page.nextRelease, page.trades);
        if (cleared) {
            _books[slot] = book.withPhase(uint256(Phase.Cleared));
            emit Cleared(slot, page.trades);
        } else if (page.nextBid == page.bids) {
            _books[slot] = book.withPhase(uint256(Phase.Releasing));
        }
    }

    /// @dev Concludes bids in their order. A page may end in the midst of the search for a bid's candidates; the next one goes
    /// on where it ended, so that the result does not depend on the pages.
    function _matchBids(Page memory page) private {
        CandidatesWord found = _candidates[page.slot];
        bool stored = CandidatesWord.unwrap(found) != 0;
        while (page.nextBid < page.bids) {
            uint40 ref = uint40(
                _rankedBids[page.ranker][page.nextBid / REFS_PER_WORD] >> (REF_BITS * (page.nextBid % REFS_PER_WORD))
            );
            BidWord bid = _bids[ParticipantId.wrap(uint32(ref >> 8))][uint8(ref)];
            bool complete;
            (complete, found) = page.lapsed ? (true, CandidatesWord.wrap(0)) : _search(page, bid, found);
            if (!complete || page.work < CONCLUDE_WORK) {
                if (stored || CandidatesWord.unwrap(found) != 0) _candidates[page.slot] = found;
                return;
            }
            page.work -= CONCLUDE_WORK;
            if (found.count() == 0) {
                _returnBid(page.slot, ref, bid);
            } else {
                _trade(page, ref, bid, found);
            }
            found = CandidatesWord.wrap(0);
            ++page.nextBid;
        }
        if (stored) _candidates[page.slot] = CandidatesWord.wrap(0);
    }

    /// @dev Looks for the cheapest offers that the bid can be served from.
    /// @return complete false if the page's work is done before the search
    /// @return found the candidates so far
    function _search(
        Page memory page,
        BidWord bid,
        CandidatesWord found_
    ) private view returns (bool complete, CandidatesWord found) {
        found = found_;
        uint256 place = found.next();
        if (place < page.head) place = page.head;
        uint256 maxPrice = Price.unwrap(bid.maxPrice());
        uint256 energy = Wh.unwrap(bid.energy());
        uint256 cores = bid.cores();
        while (place < page.offers && found.count() < _drawAmong) {
            if (page.work < LOOK_WORK) return (false, found.withNext(place));
            page.work -= LOOK_WORK;
            OfferRow row = _rowAt(page.ranker, place);
            // The offers come by price: no cheaper one follows.
            if (Price.unwrap(row.price()) > maxPrice) break;
            if (place == page.head && row.usedUp()) {
                // It leaves the list, as do those behind it that are used up when the search gets there.
                ++page.head;
            } else if (Wh.unwrap(row.energy()) >= energy && row.cores() >= cores) {
                found = found.add(place);
            }
            ++place;
        }
        // The place is kept in case that the page ends before the bid is concluded: the search then ends at once.
        return (true, found.withNext(page.offers));
    }

    function _trade(Page memory page, uint40 ref, BidWord bid, CandidatesWord found) private {
        uint256 drawn = uint256(keccak256(abi.encode(page.seed, page.nextBid))) % found.count();
        uint256 place = found.placeAt(drawn);
        OfferRow row = _rowAt(page.ranker, place);
        Price price = SettlementMath.tradePrice(row.price(), bid.maxPrice(), _sellerShareBps);
        uint256 sellerDeposit = _sell(page.ranker, place, row, bid);
        ++page.trades;
        ContractId contractId = _sign(ParticipantId.wrap(uint32(ref >> 8)), row.seller(), bid, price, sellerDeposit);
        emit Traded(page.slot, contractId, ref, row.ref(), price, found.count());
    }

    /// @dev Signs the contract, which takes over what it needs of the bid's lock; the rest is available again.
    function _sign(
        ParticipantId buyer,
        ParticipantId seller,
        BidWord bid,
        Price price,
        uint256 sellerDeposit
    ) private returns (ContractId contractId) {
        uint256 bps = _depositBps(bid.reputation());
        uint256 escrow = SettlementMath.amountUp(bid.energy(), price);
        uint256 buyerDeposit = SettlementMath.bpsUp(escrow, bps);
        contractId = _supply.sign(SupplyTermsLibrary.fromBid(bid, buyer, seller, price), buyerDeposit, sellerDeposit);
        // Not negative: the price is at most the bid's, and both sums are rounded up.
        uint256 excess = _bidLock(bid.energy(), bid.maxPrice(), bps) - escrow - buyerDeposit;
        if (excess != 0) VAULT.unlock(buyer, excess);
    }

    /// @dev Deducts the bid from the offer.
    /// @return deposit the part of the offer's deposit that is now the contract's: what the offer needs less of it
    function _sell(address ranker, uint256 place, OfferRow row, BidWord bid) private returns (uint256 deposit) {
        uint256 bps = _depositBps(_plans[row.seller()].reputation());
        OfferRow left = row.less(bid.energy(), bid.cores());
        _setRow(ranker, place, left);
        return _offerLock(row.energy(), row.price(), bps) - _offerLock(left.energy(), row.price(), bps);
    }

    function _returnBid(SlotId slot, uint40 ref, BidWord bid) private {
        ParticipantId buyer = ParticipantId.wrap(uint32(ref >> 8));
        emit Unmatched(slot, buyer, ref);
        VAULT.unlock(buyer, _bidLock(bid.energy(), bid.maxPrice(), _depositBps(bid.reputation())));
    }

    /// @dev Gives sellers back what is locked for the energy that they have not sold, and closes their plans.
    function _releaseOffers(Page memory page) private {
        while (page.nextRelease < page.offers && page.work >= RELEASE_WORK) {
            page.work -= RELEASE_WORK;
            OfferRow row = _rowAt(page.ranker, page.nextRelease);
            ParticipantId seller = row.seller();
            PlanWord plan = _plans[seller];
            if (plan.status() == uint256(PlanStatus.Revealed)) {
                _plans[seller] = plan.withStatus(uint256(PlanStatus.Closed));
            }
            uint256 unsold = _offerLock(row.energy(), row.price(), _depositBps(plan.reputation()));
            if (unsold != 0) VAULT.unlock(seller, unsold);
            ++page.nextRelease;
        }
    }

    function _rowAt(address ranker, uint256 place) private view returns (OfferRow) {
        return OfferRow.wrap(uint128(_rankedOffers[ranker][place / 2] >> (128 * (place % 2))));
    }

    function _setRow(address ranker, uint256 place, OfferRow row) private {
        uint256 shift = 128 * (place % 2);
        uint256 word = _rankedOffers[ranker][place / 2];
        word &= ~(uint256(type(uint128).max) << shift);
        _rankedOffers[ranker][place / 2] = word | (uint256(OfferRow.unwrap(row)) << shift);
    }
}
