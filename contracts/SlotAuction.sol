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
import { SupplyTermsLibrary, TradeWord } from "./types/SupplyWords.sol";
import { Price, Wh } from "./types/Units.sol";

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
        uint256 leastEnergy;
        uint256 fewestCores;
        uint256 nextBid;
        uint256 head;
        uint256 nextRelease;
        uint256 trades;
        uint256 work;
        /// @dev Copies of the offers from place `first` on: each an `OfferRow` with the place of the next one that is not
        /// used up above it; 0 if it was not read yet.
        uint256 first;
        uint256[] rows;
    }

    uint256 private constant MAX_ENTRIES = 1 << 24;
    uint256 private constant REFS_PER_WORD = 6;
    uint256 private constant REF_BITS = 40;

    /// @dev How many offers a page keeps copies of: a bound on its memory, whatever the size of the book.
    uint256 private constant MAX_COPIES = 1024;
    uint256 private constant NEXT_OFFSET = 128;
    uint256 private constant NOWHERE = type(uint256).max;

    /// @dev Steps of `work`, of about 100 gas: a look at an offer, the reading of two offers from storage, the conclusion of a
    /// bid (a trade at most), the release of an offer.
    uint256 private constant LOOK_WORK = 2;
    uint256 private constant READ_WORK = 25;
    uint256 private constant CONCLUDE_WORK = 750;
    uint256 private constant RELEASE_WORK = 130;

    IRandomBeacon private immutable _beacon;
    ISupplyBook private immutable _supply;
    uint256 private immutable _drawAmong;
    uint256 private immutable _sellerShareBps;

    mapping(address ranker => RankingWord) private _rankings;
    /// @dev Six references in a word, from the lowest bit: participant 32 above index 8.
    mapping(address ranker => uint256[MAX_ENTRIES]) private _rankedBids;
    /// @dev Two `OfferRow`s in a word.
    mapping(address ranker => uint256[MAX_ENTRIES]) private _rankedOffers;
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
            uint256[MAX_ENTRIES] storage list = _rankedOffers[_cursors[slot].ranker()];
            for (uint256 i; i < book.offers(); ++i) {
                OfferRow row = _storedRow(list, i);
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
        uint256[MAX_ENTRIES] storage list = _rankedBids[msg.sender];
        uint256 place = ranking.bids();
        last = ranking.lastBidKey();
        // Words are written when they are full, the last one as it is; its other part belongs to no list.
        uint256 word = place % REFS_PER_WORD == 0 ? 0 : list[place / REFS_PER_WORD];
        for (uint256 i; i < refs.length; ++i) {
            uint40 ref = refs[i];
            uint256 index = uint8(ref);
            if (index >= MAX_ITEMS) revert NotInBook(slot, ref);
            BidWord bid = _bids[ParticipantId.wrap(uint32(ref >> 8))][index];
            if (bid.slot() != slot || BidWord.unwrap(bid) == 0) revert NotInBook(slot, ref);
            uint256 key = AuctionOrder.bidKey(bid.maxPrice(), bid.reputation(), bid.sequence(), index);
            if (key >= last) revert OutOfOrder(slot, ref);
            last = key;
            word |= uint256(ref) << (REF_BITS * (place % REFS_PER_WORD));
            ++place;
            if (place % REFS_PER_WORD == 0 || i + 1 == refs.length) list[(place - 1) / REFS_PER_WORD] = word;
            if (place % REFS_PER_WORD == 0) word = 0;
        }
    }

    function _rankOffers(SlotId slot, RankingWord ranking, uint40[] calldata refs) private returns (uint256 last) {
        uint256[MAX_ENTRIES] storage list = _rankedOffers[msg.sender];
        uint256 place = ranking.offers();
        last = ranking.lastOfferKey();
        uint256 word = place % 2 == 0 ? 0 : uint128(list[place / 2]);
        for (uint256 i; i < refs.length; ++i) {
            (uint256 key, OfferRow row) = _offerInBook(slot, refs[i]);
            if (key >= last) revert OutOfOrder(slot, refs[i]);
            last = key;
            word |= uint256(OfferRow.unwrap(row)) << (128 * (place % 2));
            ++place;
            if (place % 2 == 0 || i + 1 == refs.length) list[(place - 1) / 2] = word;
            if (place % 2 == 0) word = 0;
        }
    }

    function _offerInBook(SlotId slot, uint40 ref) private view returns (uint256 key, OfferRow row) {
        uint256 index = uint8(ref);
        ParticipantId seller = ParticipantId.wrap(uint32(ref >> 8));
        PlanWord plan = _plans[seller];
        bool revealed = plan.seller() && plan.slot() == slot && plan.status() == uint256(PlanStatus.Revealed);
        if (!revealed || index >= plan.count()) revert NotInBook(slot, ref);
        Offer memory offer = offerOf(seller, index);
        Price price = Price.wrap(offer.price);
        key = AuctionOrder.offerKey(price, plan.reputation(), plan.sequence(), index);
        row = OfferRowLibrary.pack(seller, index, price, Wh.wrap(offer.energy), offer.cores);
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
        (bool isFinal, bytes32 value) = _beacon.valueAt(slot);
        if (!isFinal) revert BeaconPending(slot);
        bytes32 seed = keccak256(abi.encode(slot, book.salts(), value));
        _seeds[slot] = seed;
        _cursors[slot] = CursorLibrary.pack(msg.sender, 0, 0, 0, 0);
        _books[slot] = book.withPhase(uint256(Phase.Matching));
        emit MatchingStarted(slot, msg.sender, seed, book.bids(), book.offers());
    }

    function _match(SlotId slot, BookWord book, uint256 work) private returns (bool cleared) {
        Page memory page = _page(slot, book, work);
        if (page.nextBid < page.bids) _matchBids(page);
        if (page.nextBid == page.bids) _releaseOffers(page);
        cleared = page.nextBid == page.bids && page.nextRelease == page.offers;

        _cursors[slot] = CursorLibrary.pack(page.ranker, page.nextBid, page.head, page.nextRelease, page.trades);
        if (cleared) {
            _books[slot] = book.withPhase(uint256(Phase.Cleared));
            if (page.bids + page.offers != 0) --_openBooks;
            emit Cleared(slot, page.trades);
        } else if (page.nextBid == page.bids) {
            _books[slot] = book.withPhase(uint256(Phase.Releasing));
        }
    }

    function _page(SlotId slot, BookWord book, uint256 work) private view returns (Page memory page) {
        CursorWord cursor = _cursors[slot];
        page.slot = slot;
        page.ranker = cursor.ranker();
        page.seed = _seeds[slot];
        page.lapsed = block.timestamp >= startOf(slot) + SLOT_SECONDS;
        page.bids = book.bids();
        page.offers = book.offers();
        page.leastEnergy = book.leastEnergy();
        page.fewestCores = book.fewestCores();
        page.nextBid = cursor.nextBid();
        page.head = cursor.head();
        page.nextRelease = cursor.nextRelease();
        page.trades = cursor.trades();
        page.work = work;
        page.first = page.head;
        uint256 copies = page.offers - page.head;
        page.rows = new uint256[](copies < MAX_COPIES ? copies : MAX_COPIES);
    }

    /// @dev Concludes bids in their order. A page may end in the midst of the search for a bid's candidates; the next one goes
    /// on where it ended, so that the result does not depend on the pages.
    function _matchBids(Page memory page) private {
        CandidatesWord found = _candidates[page.slot];
        bool stored = CandidatesWord.unwrap(found) != 0;
        uint256[MAX_ENTRIES] storage list = _rankedBids[page.ranker];
        while (page.nextBid < page.bids) {
            uint256 refs = list[page.nextBid / REFS_PER_WORD];
            uint40 ref = uint40(refs >> (REF_BITS * (page.nextBid % REFS_PER_WORD)));
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

    /// @dev Looks for the cheapest offers that the bid can be served from. Offers with less left than any bid of the slot needs
    /// leave the list as they are met.
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
        uint256 previous = NOWHERE;
        // Read once: a bid may look at many offers.
        uint256[] memory rows = page.rows;
        uint256 work = page.work;
        uint256 maxPrice = Price.unwrap(bid.maxPrice());
        uint256 energy = Wh.unwrap(bid.energy());
        uint256 cores = bid.cores();
        unchecked {
            while (place < page.offers && found.count() < _drawAmong) {
                if (work < LOOK_WORK + READ_WORK) {
                    page.work = work;
                    return (false, found.withNext(place));
                }
                work -= LOOK_WORK;
                uint256 index = place - page.first;
                uint256 copy = index < rows.length ? rows[index] : 0;
                if (copy == 0) {
                    work -= READ_WORK;
                    copy = _read(page, place);
                }
                OfferRow row = OfferRow.wrap(uint128(copy));
                // The offers come by price: no cheaper one follows.
                if (Price.unwrap(row.price()) > maxPrice) break;
                uint256 next = copy >> NEXT_OFFSET;
                uint256 energyLeft = Wh.unwrap(row.energy());
                uint256 coresLeft = row.cores();
                if (energyLeft >= energy && coresLeft >= cores) {
                    found = found.add(place);
                    previous = place;
                } else if (energyLeft >= page.leastEnergy && coresLeft >= page.fewestCores) {
                    previous = place;
                } else if (place == page.head) {
                    page.head = next;
                } else if (previous != NOWHERE) {
                    _setNext(page, previous, next);
                }
                place = next;
            }
        }
        page.work = work;
        // Kept in case that the page ends before the bid is concluded: the search then ends at once.
        return (true, found.withNext(page.offers));
    }

    function _trade(Page memory page, uint40 ref, BidWord bid, CandidatesWord found) private {
        uint256 drawn = uint256(keccak256(abi.encode(page.seed, page.nextBid))) % found.count();
        uint256 place = found.placeAt(drawn);
        OfferRow row = _storedRow(_rankedOffers[page.ranker], place);
        OfferRow left = row.less(bid.energy(), bid.cores());
        _setRow(page, place, left);
        uint256 bps = _depositBps(_plans[row.seller()].reputation());
        // What the offer needs less of its deposit is the contract's.
        uint256 sellerDeposit =
            _offerLock(row.energy(), row.price(), bps) - _offerLock(left.energy(), row.price(), bps);
        ++page.trades;
        TradeWord origin = TradeWord.wrap(uint8(ref) | (uint256(row.index()) << 8) | (found.count() << 16));
        _sign(ParticipantId.wrap(uint32(ref >> 8)), row, bid, sellerDeposit, origin);
    }

    /// @dev Signs the contract, which takes over what it needs of the bid's lock; the rest is available again.
    function _sign(ParticipantId buyer, OfferRow row, BidWord bid, uint256 sellerDeposit, TradeWord origin) private {
        Price price = SettlementMath.tradePrice(row.price(), bid.maxPrice(), _sellerShareBps);
        uint256 bps = _depositBps(bid.reputation());
        uint256 escrow = SettlementMath.amountUp(bid.energy(), price);
        uint256 buyerDeposit = SettlementMath.bpsUp(escrow, bps);
        _supply.sign(SupplyTermsLibrary.fromBid(bid, buyer, row.seller(), price), buyerDeposit, sellerDeposit, origin);
        // [4] Not negative: the price is at most the bid's, and both sums are rounded up.
        uint256 excess = _bidLock(bid.energy(), bid.maxPrice(), bps) - escrow - buyerDeposit;
        if (excess != 0) VAULT.unlock(buyer, excess);
    }

    function _returnBid(SlotId slot, uint40 ref, BidWord bid) private {
        ParticipantId buyer = ParticipantId.wrap(uint32(ref >> 8));
        emit Unmatched(slot, buyer, uint8(ref));
        VAULT.unlock(buyer, _bidLock(bid.energy(), bid.maxPrice(), _depositBps(bid.reputation())));
    }

    /// @dev Gives sellers back what is locked for the energy that they have not sold.
    function _releaseOffers(Page memory page) private {
        uint256[MAX_ENTRIES] storage list = _rankedOffers[page.ranker];
        while (page.nextRelease < page.offers && page.work >= RELEASE_WORK) {
            page.work -= RELEASE_WORK;
            OfferRow row = _storedRow(list, page.nextRelease);
            uint256 bps = _depositBps(_plans[row.seller()].reputation());
            uint256 unsold = _offerLock(row.energy(), row.price(), bps);
            if (unsold != 0) VAULT.unlock(row.seller(), unsold);
            ++page.nextRelease;
        }
    }

    // ---------------------------------------------------------------- internals: offers

    /// @dev Reads the offer at `place` and its neighbour, and keeps copies of both.
    /// @return copy the offer with the place of the next one above it
    function _read(Page memory page, uint256 place) private view returns (uint256 copy) {
        uint256 word = _rankedOffers[page.ranker][place / 2];
        uint256 even = place & ~uint256(1);
        _keep(page, even, uint128(word) | ((even + 1) << NEXT_OFFSET));
        _keep(page, even + 1, (word >> 128) | ((even + 2) << NEXT_OFFSET));
        return uint128(word >> (128 * (place % 2))) | ((place + 1) << NEXT_OFFSET);
    }

    /// @dev Keeps a copy unless there is one, whose next place may be another by now.
    function _keep(Page memory page, uint256 place, uint256 copy) private pure {
        if (place < page.first) return;
        uint256 index = place - page.first;
        if (index < page.rows.length && page.rows[index] == 0) page.rows[index] = copy;
    }

    function _setNext(Page memory page, uint256 place, uint256 next) private pure {
        uint256 index = place - page.first;
        if (index < page.rows.length) page.rows[index] = uint128(page.rows[index]) | (next << NEXT_OFFSET);
    }

    function _setRow(Page memory page, uint256 place, OfferRow row) private {
        uint256[MAX_ENTRIES] storage list = _rankedOffers[page.ranker];
        uint256 shift = 128 * (place % 2);
        uint256 word = list[place / 2] & ~(uint256(type(uint128).max) << shift);
        list[place / 2] = word | (uint256(OfferRow.unwrap(row)) << shift);
        uint256 index = place - page.first;
        // Candidates of an earlier page may not have been read in this one.
        if (index < page.rows.length && page.rows[index] != 0) {
            page.rows[index] = (page.rows[index] & ~uint256(type(uint128).max)) | OfferRow.unwrap(row);
        }
    }

    function _storedRow(uint256[MAX_ENTRIES] storage list, uint256 place) private view returns (OfferRow) {
        return OfferRow.wrap(uint128(list[place / 2] >> (128 * (place % 2))));
    }
}
