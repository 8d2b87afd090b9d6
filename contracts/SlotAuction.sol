// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import { Hashes } from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";
import { Math } from "@openzeppelin/contracts/utils/math/Math.sol";

import { AuctionPlans } from "./AuctionPlans.sol";
import { Addresses, IMarketDirectory, Parameters } from "./interfaces/IMarketDirectory.sol";
import { IRandomBeacon } from "./interfaces/IRandomBeacon.sol";
import { BookState, ISlotAuction, Phase, PlanStatus } from "./interfaces/ISlotAuction.sol";
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
    OffersLibrary,
    OffersWord,
    PlanWord,
    RankingLibrary,
    RankingWord
} from "./types/AuctionWords.sol";
import { ParticipantId } from "./types/ParticipantId.sol";
import { SlotId } from "./types/SlotId.sol";
import { SupplyTermsLibrary, TradeWord } from "./types/SupplyWords.sol";
import { Price, Wh } from "./types/Units.sol";
import { UnlockLibrary, UnlockWord } from "./types/UnlockWord.sol";

/// @title SlotAuction
/// @notice Implements {ISlotAuction}, where everything is described.
contract SlotAuction is AuctionPlans {
    /// @dev A page of the clearing, in memory.
    struct Page {
        SlotId slot;
        address ranker;
        bytes32 seed;
        /// @dev Whether it is too late to sign contracts for the slot.
        bool lapsed;
        uint256 bids;
        uint256 offers;
        /// @dev What an offer must have left not to be used up.
        OfferRow least;
        uint256 nextBid;
        /// @dev The bids that were read with the next one, as they are listed; 0 if it has not been read.
        uint256 refs;
        uint256 head;
        uint256 nextRelease;
        uint256 trades;
        uint256 work;
        /// @dev The offers that were read and are not used up, in their order: where in memory their `OfferRow`s begin and end.
        uint256 rows;
        uint256 rowsEnd;
        /// @dev Place of the next offer to read.
        uint256 nextRead;
        /// @dev What is to be unlocked when the page ends, and how many there are of it.
        UnlockWord[] unlocks;
        uint256 unlockCount;
    }

    uint256 private constant MAX_ENTRIES = 1 << 24;
    uint256 private constant REFS_PER_WORD = 6;
    uint256 private constant REF_BITS = 40;
    uint256 private constant WORD_BITS = REFS_PER_WORD * REF_BITS;
    uint256 private constant ROW_SIZE = 32;

    /// @dev Steps of `work`, of about 100 gas; a look at an offer takes one. The reading of a word of offers from storage, the
    /// conclusion of a bid (a trade at most), the release of a seller's offers.
    uint256 private constant READ_WORK = 160;
    uint256 private constant CONCLUDE_WORK = 700;
    uint256 private constant RELEASE_WORK = 200;

    IRandomBeacon private immutable _beacon;
    ISupplyBook private immutable _supply;
    uint256 private immutable _drawAmong;
    uint256 private immutable _sellerShareBps;

    mapping(address ranker => RankingWord) private _rankings;
    /// @dev Six references in a word, from the lowest bit: participant 32 above index 8.
    mapping(address ranker => uint256[MAX_ENTRIES]) private _rankedBids;
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
        PlanWord plan = _plans[dataCentre].word;
        if (!plan.seller() || _entriesIn(slot, plan) == 0) return Wh.wrap(0);
        uint256 phase = _books[slot].phase();
        if (phase != uint256(Phase.Open) && phase != uint256(Phase.Matching)) return Wh.wrap(0);
        uint256 energy;
        for (uint256 i; i < plan.count(); ++i) {
            energy += offerOf(dataCentre, i).energy;
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
            ranking = RankingLibrary.start(slot);
        }
        if (bids.length != 0) {
            ranking = ranking.withBids(
                _append(slot, false, ranking.bids(), ranking.lastBidKey(), bids),
                ranking.bids() + bids.length
            );
        }
        if (offers.length != 0) {
            ranking = ranking.withOffers(
                _append(slot, true, ranking.offers(), ranking.lastOfferKey(), offers),
                ranking.offers() + offers.length
            );
        }
        if (bids.length + offers.length != 0) _rankings[msg.sender] = ranking;
        return ranking.bids() == book.bids() && ranking.offers() == book.offers();
    }

    /// @dev Appends to one of the caller's lists from `place` on.
    /// @param last key of the entry before
    /// @return key of the last entry
    function _append(
        SlotId slot,
        bool ofOffers,
        uint256 place,
        uint256 last,
        uint40[] calldata refs
    ) private returns (uint256) {
        uint256[MAX_ENTRIES] storage list = ofOffers ? _rankedOffers[msg.sender] : _rankedBids[msg.sender];
        unchecked {
            // Words are written when they are full, the last one as it is; its other part belongs to no list.
            uint256 at = place / REFS_PER_WORD;
            uint256 shift = REF_BITS * (place % REFS_PER_WORD);
            uint256 word = shift == 0 ? 0 : list[at];
            for (uint256 i; i < refs.length; ++i) {
                uint40 ref = refs[i];
                uint256 key = ofOffers ? _offerKey(slot, ref) : _bidKey(slot, ref);
                if (key >= last) revert OutOfOrder(slot, ref);
                last = key;
                word |= uint256(ref) << shift;
                shift += REF_BITS;
                if (shift == WORD_BITS) {
                    list[at++] = word;
                    word = 0;
                    shift = 0;
                }
            }
            if (shift != 0) list[at] = word;
        }
        return last;
    }

    function _bidKey(SlotId slot, uint40 ref) private view returns (uint256) {
        BidWord bid = _bids[ref];
        if (bid.slot() != slot || BidWord.unwrap(bid) == 0) revert NotInBook(slot, ref);
        return AuctionOrder.bidKey(bid.maxPrice(), bid.reputation(), bid.sequence(), uint8(ref));
    }

    function _offerKey(SlotId slot, uint40 ref) private view returns (uint256) {
        uint256 index = uint8(ref);
        PlanWord plan = _plans[_participantOf(ref)].word;
        bool revealed = plan.seller() && plan.slot() == slot && plan.status() == uint256(PlanStatus.Revealed);
        if (!revealed || index >= plan.count()) revert NotInBook(slot, ref);
        Price price = _offers[_offersKey(ref)].price(index % OffersLibrary.PER_WORD);
        return AuctionOrder.offerKey(price, plan.reputation(), plan.sequence(), index);
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
        _unlock(page);
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
        page.least = OfferRowLibrary.needed(
            Wh.wrap(uint32(book.leastEnergy())),
            book.fewestCores(),
            Price.wrap(type(uint32).max)
        );
        page.nextBid = cursor.nextBid();
        page.head = cursor.head();
        page.nextRelease = cursor.nextRelease();
        page.trades = cursor.trades();
        page.work = work;
        page.unlocks = new UnlockWord[](
            Math.min(page.bids - page.nextBid + page.offers - page.nextRelease, work / RELEASE_WORK)
        );
        // Room for all that can be read; memory costs nothing before it is written to.
        uint256 room = ROW_SIZE * Math.min(page.offers - page.head, (work / READ_WORK) * REFS_PER_WORD);
        uint256 rows;
        assembly ("memory-safe") {
            rows := mload(0x40)
            mstore(0x40, add(rows, room))
        }
        page.rows = rows;
    }

    /// @dev Concludes bids in their order. A page may end in the midst of the search for a bid's candidates; the next one goes
    /// on where it ended, so that the result does not depend on the pages.
    function _matchBids(Page memory page) private {
        CandidatesWord found = _candidates[page.slot];
        bool resumed = CandidatesWord.unwrap(found) != 0;
        _readFrom(page, resumed ? found.next() : page.head);
        uint256[MAX_ENTRIES] storage list = _rankedBids[page.ranker];
        bool complete = true;
        while (page.nextBid < page.bids) {
            if (page.refs == 0) page.refs = _refsFrom(list, page.nextBid);
            uint40 ref = uint40(page.refs);
            BidWord bid = _bids[ref];
            uint256 spots;
            if (!page.lapsed) (complete, found, spots) = _search(page, bid, found);
            if (!complete || page.work < CONCLUDE_WORK) break;
            unchecked {
                page.work -= CONCLUDE_WORK;
            }
            if (page.lapsed || found.count() == 0) _returnBid(page, ref, bid);
            else _trade(page, ref, bid, found, spots);
            found = CandidatesWord.wrap(0);
            page.refs >>= REF_BITS;
            unchecked {
                ++page.nextBid; // 24 bits
            }
            if (resumed) {
                _candidates[page.slot] = found;
                _readFrom(page, page.head);
                resumed = false;
            }
        }
        if (CandidatesWord.unwrap(found) != 0) _candidates[page.slot] = found;
        if (!resumed) page.head = page.rows == page.rowsEnd ? page.nextRead : _rowAt(page.rows).place();
    }

    /// @dev Looks for the cheapest offers that the bid can be served from.
    /// @return complete false if the page's work is done before the search
    /// @return found the candidates so far
    /// @return spots where in memory the rows of those that this page found are, 32 bits each
    function _search(
        Page memory page,
        BidWord bid,
        CandidatesWord found_
    ) private view returns (bool complete, CandidatesWord found, uint256 spots) {
        found = found_;
        OfferRow needed = OfferRowLibrary.needed(bid.energy(), bid.cores(), bid.maxPrice());
        // The search is over, or there is nothing to search.
        if (found.next() == page.offers) return (true, found, 0);
        uint256 most = _drawAmong;
        uint256 spot = page.rows;
        unchecked {
            while (true) {
                uint256 from = spot;
                uint256 end = page.rowsEnd;
                if (page.work < (end - from) / ROW_SIZE) end = from + ROW_SIZE * page.work;
                bool over;
                while (!over) {
                    spot = needed.skipTooSmall(spot, end);
                    if (spot == end) break;
                    OfferRow row = _rowAt(spot);
                    spot += ROW_SIZE;
                    // The offers come by price: after one that is dearer no cheaper one follows.
                    over = !OfferRowLibrary.fits(row.compare(needed));
                    if (over) break;
                    spots |= (spot - ROW_SIZE) << (32 * found.count());
                    found = found.add(row.place());
                    over = found.count() == most;
                }
                page.work -= (spot - from) / ROW_SIZE;
                if (over) break;
                if (end < page.rowsEnd) return (false, found.withNext(_rowAt(end).place()), spots);
                if (page.nextRead == page.offers) break;
                if (page.work < READ_WORK) return (false, found.withNext(page.nextRead), spots);
                _readOffers(page);
            }
        }
        // Kept in case that the page ends before the bid is concluded: the search then ends at once.
        return (true, found.withNext(page.offers), spots);
    }

    function _trade(Page memory page, uint40 ref, BidWord bid, CandidatesWord found, uint256 spots) private {
        uint256 count = found.count();
        uint256 drawn = uint256(Hashes.efficientKeccak256(page.seed, bytes32(page.nextBid))) % count;
        uint256 place = found.placeAt(drawn);
        uint256 spot;
        unchecked {
            spot = uint32(spots >> (32 * drawn));
        }
        // Candidates of an earlier page were not read in this one.
        OfferRow row =
            spot == 0 ? _storedRow(uint40(_refsFrom(_rankedOffers[page.ranker], place)), place) : _rowAt(spot);
        OfferRow left = row.less(bid.energy(), bid.cores());
        if (spot != 0) _setRow(page, spot, left);
        uint256 index = row.index();
        uint256 key = _offersKey(row.ref());
        _offers[key] = _offers[key].less(index % OffersLibrary.PER_WORD, bid.energy(), bid.cores());
        uint256 bps = _depositBps(row.reputation());
        uint256 sellerDeposit;
        unchecked {
            // What the offer needs less of its deposit is the contract's.
            sellerDeposit = _offerLock(row.energy(), row.price(), bps) - _offerLock(left.energy(), row.price(), bps);
            ++page.trades;
        }
        TradeWord origin = TradeWord.wrap(uint8(ref) | (index << 8) | (count << 16));
        _sign(page, _participantOf(ref), row, bid, sellerDeposit, origin);
    }

    /// @dev Signs the contract, which takes over what it needs of the bid's lock; the rest is available again.
    function _sign(
        Page memory page,
        ParticipantId buyer,
        OfferRow row,
        BidWord bid,
        uint256 sellerDeposit,
        TradeWord origin
    ) private {
        Price price = SettlementMath.tradePrice(row.price(), bid.maxPrice(), _sellerShareBps);
        uint256 bps = _depositBps(bid.reputation());
        uint256 escrow = SettlementMath.amountUp(bid.energy(), price);
        uint256 buyerDeposit = SettlementMath.bpsUp(escrow, bps);
        _supply.sign(SupplyTermsLibrary.fromBid(bid, buyer, row.seller(), price), buyerDeposit, sellerDeposit, origin);
        unchecked {
            // [4] Not negative: the price is at most the bid's, and both sums are rounded up.
            uint256 excess = _bidLock(bid.energy(), bid.maxPrice(), bps) - escrow - buyerDeposit;
            if (excess != 0) _unlockLater(page, buyer, excess);
        }
    }

    function _returnBid(Page memory page, uint40 ref, BidWord bid) private {
        ParticipantId buyer = _participantOf(ref);
        emit Unmatched(page.slot, buyer, uint8(ref));
        _unlockLater(page, buyer, _bidLock(bid.energy(), bid.maxPrice(), _depositBps(bid.reputation())));
    }

    /// @dev Gives sellers back what is locked for the energy that they have not sold. All offers of a plan are released with the
    /// first of them.
    function _releaseOffers(Page memory page) private view {
        uint256[MAX_ENTRIES] storage list = _rankedOffers[page.ranker];
        unchecked {
            uint256 work = page.work;
            uint256 place = page.nextRelease;
            uint256 refs;
            for (; place < page.offers && work >= RELEASE_WORK; ++place) {
                if (refs == 0) refs = _refsFrom(list, place);
                uint40 ref = uint40(refs);
                refs >>= REF_BITS;
                if (uint8(ref) != 0) {
                    --work;
                    continue;
                }
                work -= RELEASE_WORK;
                uint256 unsold = _unsold(ref);
                if (unsold != 0) _unlockLater(page, _participantOf(ref), unsold);
            }
            page.nextRelease = place;
        }
    }

    /// @dev What is locked for the energy left in all offers of a plan, micro-yuan.
    /// @param key of the plan's first word
    function _unsold(uint256 key) private view returns (uint256 amount) {
        bool more = true;
        unchecked {
            for (; more; ++key) {
                OffersWord word = _offers[key];
                uint256 bps = _depositBps(word.reputation());
                for (uint256 at; at < OffersLibrary.PER_WORD; ++at) {
                    amount += _offerLock(word.energy(at), word.price(at), bps); // 18 of less than 2^48
                }
                more = word.more();
            }
        }
    }

    /// @dev All at once at the end of the page.
    function _unlockLater(Page memory page, ParticipantId participant, uint256 amount) private pure {
        unchecked {
            page.unlocks[page.unlockCount++] = UnlockLibrary.pack(participant, amount);
        }
    }

    function _unlock(Page memory page) private {
        UnlockWord[] memory unlocks = page.unlocks;
        uint256 count = page.unlockCount;
        if (count == 0) return;
        assembly ("memory-safe") {
            mstore(unlocks, count) // no longer than it was
        }
        VAULT.unlockEach(unlocks);
    }

    // ---------------------------------------------------------------- internals: offers

    /// @dev Begins to read offers at `place`.
    function _readFrom(Page memory page, uint256 place) private pure {
        page.rowsEnd = page.rows;
        page.nextRead = place;
    }

    /// @dev Reads the next word of the ranking. Offers with less left than any bid of the slot needs are left out.
    function _readOffers(Page memory page) private view {
        unchecked {
            page.work -= READ_WORK;
            uint256 place = page.nextRead;
            uint256 end = page.rowsEnd;
            uint256 refs = _refsFrom(_rankedOffers[page.ranker], place);
            do {
                OfferRow row = _storedRow(uint40(refs), place);
                if (OfferRowLibrary.fits(row.compare(page.least))) {
                    assembly ("memory-safe") {
                        mstore(end, row)
                    }
                    end += ROW_SIZE;
                }
                refs >>= REF_BITS;
                ++place;
            } while (place % REFS_PER_WORD != 0 && place < page.offers);
            page.nextRead = place;
            page.rowsEnd = end;
        }
    }

    /// @dev Changes a row; one that is used up by now makes room for the rows behind it.
    function _setRow(Page memory page, uint256 spot, OfferRow row) private pure {
        if (OfferRowLibrary.fits(row.compare(page.least))) {
            assembly ("memory-safe") {
                mstore(spot, row)
            }
        } else {
            uint256 end = page.rowsEnd - ROW_SIZE;
            page.rowsEnd = end;
            assembly ("memory-safe") {
                mcopy(spot, add(spot, ROW_SIZE), sub(end, spot))
            }
        }
    }

    function _rowAt(uint256 spot) private pure returns (OfferRow row) {
        assembly ("memory-safe") {
            row := mload(spot)
        }
    }

    function _storedRow(uint40 ref, uint256 place) private view returns (OfferRow) {
        return OfferRowLibrary.pack(_offers[_offersKey(ref)], ref, place);
    }

    /// @dev What a list's word has from `place` on. It is 0 when all of it is shifted out, as no entry is 0.
    function _refsFrom(uint256[MAX_ENTRIES] storage list, uint256 place) private view returns (uint256) {
        unchecked {
            return list[place / REFS_PER_WORD] >> (REF_BITS * (place % REFS_PER_WORD));
        }
    }

    function _participantOf(uint40 ref) private pure returns (ParticipantId) {
        return ParticipantId.wrap(uint32(ref >> 8));
    }
}
