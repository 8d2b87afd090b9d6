// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import { Bid } from "../../contracts/interfaces/ISlotAuction.sol";
import {
    BidLibrary,
    BidWord,
    BookWord,
    CandidatesWord,
    CursorLibrary,
    CursorWord,
    OfferRow,
    OfferRowLibrary,
    OffersLibrary,
    OffersWord,
    PlanLibrary,
    PlanWord,
    RankingLibrary,
    RankingWord
} from "../../contracts/types/AuctionWords.sol";
import { ParticipantId } from "../../contracts/types/ParticipantId.sol";
import { SlotId } from "../../contracts/types/SlotId.sol";
import { CoreSeconds, Price, Wh } from "../../contracts/types/Units.sol";
import { WordTest } from "./WordTest.sol";

contract AuctionWordsTest is WordTest {
    uint256 private constant MAX24 = type(uint24).max;
    uint256 private constant MAX88 = type(uint88).max;

    // ---------------------------------------------------------------- PlanWord

    function testFuzz_PlanIsPacked(
        address wallet,
        uint32 slot,
        uint32 sequence,
        uint8 status,
        bool seller
    ) external pure {
        PlanWord plan = PlanLibrary.pack(wallet, SlotId.wrap(slot), sequence, status % 16, seller);
        require(plan.wallet() == wallet, "wallet");
        require(SlotId.unwrap(plan.slot()) == slot, "slot");
        require(plan.sequence() == sequence, "sequence");
        require(plan.status() == status % 16, "status");
        require(plan.seller() == seller, "seller");
        require(plan.bonded(), "bonded");
        require(plan.reputation() == 0 && plan.count() == 0, "nothing revealed");
        require(PlanWord.unwrap(plan) >> 254 == 0, "nothing above");
    }

    function testPlanHoldsTheMostOfEachAlone() external pure {
        uint256 bond = 1 << 252;
        require(_plan(address(type(uint160).max), 0, 0, 0, false) == bond | type(uint160).max, "wallet");
        require(_plan(address(0), type(uint32).max, 0, 0, false) == bond | (uint256(type(uint32).max) << 160), "slot");
        require(_plan(address(0), 0, type(uint32).max, 0, false) == bond | (uint256(type(uint32).max) << 192), "seq");
        require(_plan(address(0), 0, 0, 15, false) == bond | (15 << 248), "status");
        require(_plan(address(0), 0, 0, 0, true) == bond | (1 << 253), "seller");
    }

    function testFuzz_PlanIsReadFromItsPlaces(uint256 word) external pure {
        word = _random(word);
        PlanWord plan = PlanWord.wrap(word);
        require(uint160(plan.wallet()) == _field(word, 0, 160), "wallet");
        require(SlotId.unwrap(plan.slot()) == _field(word, 160, 32), "slot");
        require(plan.sequence() == _field(word, 192, 32), "sequence");
        require(plan.reputation() == _field(word, 224, 16), "reputation");
        require(plan.count() == _field(word, 240, 8), "count");
        require(plan.status() == _field(word, 248, 4), "status");
        require(plan.bonded() == (_field(word, 252, 1) == 1), "bonded");
        require(plan.seller() == (_field(word, 253, 1) == 1), "seller");
    }

    function testFuzz_PlanFieldsAreReplaced(uint256 word, uint8 status, uint32 sequence) external pure {
        word = _random(word);
        PlanWord plan = PlanWord.wrap(word);
        status %= 16;
        require(PlanWord.unwrap(plan.withStatus(status)) == _replaced(word, 248, 4, status), "status");
        require(PlanWord.unwrap(plan.withSequence(sequence)) == _replaced(word, 192, 32, sequence), "sequence");
        require(PlanWord.unwrap(plan.withoutBond()) == _replaced(word, 252, 1, 0), "bond");
    }

    function testFuzz_PlanIsRevealed(
        address wallet,
        uint32 slot,
        uint32 sequence,
        uint8 status,
        uint16 reputation,
        uint8 count
    ) external pure {
        status %= 16;
        PlanWord plan = PlanLibrary.pack(wallet, SlotId.wrap(slot), sequence, 1, true);
        uint256 expected = _replaced(PlanWord.unwrap(plan), 248, 4, status);
        expected = _replaced(expected, 224, 16, reputation);
        expected = _replaced(expected, 240, 8, count);
        require(PlanWord.unwrap(plan.revealed(status, reputation, count)) == expected, "revealed");
    }

    // ---------------------------------------------------------------- BidWord

    function testFuzz_BidIsReadFromItsPlaces(uint256 word) external pure {
        word = _random(word);
        BidWord bid = BidWord.wrap(word);
        require(bid.cores() == _field(word, 0, 16), "cores");
        require(CoreSeconds.unwrap(bid.coreSeconds()) == _field(word, 16, 40), "core-seconds");
        require(Wh.unwrap(bid.energy()) == _field(word, 56, 32), "energy");
        require(Price.unwrap(bid.maxPrice()) == _field(word, 88, 32), "price");
        require(bid.earliestOffset() == _field(word, 120, 16), "earliest");
        require(bid.deadlineOffset() == _field(word, 136, 16), "deadline");
        require(bid.priority() == (_field(word, 152, 8) != 0), "priority");
        require(SlotId.unwrap(bid.slot()) == _field(word, 160, 32), "slot");
        require(bid.reputation() == _field(word, 192, 16), "reputation");
        require(bid.sequence() == _field(word, 208, 32), "sequence");
    }

    function testFuzz_BidIsPacked(
        Bid memory bid,
        uint32 slot,
        uint16 earliest,
        uint16 deadline,
        uint16 reputation,
        uint32 sequence
    ) external pure {
        slot /= 2;
        bid.earliest = slot + earliest;
        bid.deadline = slot + deadline;
        BidWord word = BidLibrary.pack(bid, SlotId.wrap(slot), reputation, sequence);
        require(word.cores() == bid.cores, "cores");
        require(CoreSeconds.unwrap(word.coreSeconds()) == bid.coreSeconds, "core-seconds");
        require(Wh.unwrap(word.energy()) == bid.energy, "energy");
        require(Price.unwrap(word.maxPrice()) == bid.maxPrice, "price");
        require(word.earliestOffset() == earliest, "earliest");
        require(word.deadlineOffset() == deadline, "deadline");
        require(word.priority() == bid.priority, "priority");
        require(SlotId.unwrap(word.slot()) == slot, "slot");
        require(word.reputation() == reputation, "reputation");
        require(word.sequence() == sequence, "sequence");
        require(BidWord.unwrap(word) >> 240 == 0, "nothing above");
        require(_field(BidWord.unwrap(word), 152, 8) == (bid.priority ? 1 : 0), "priority is one bit");
    }

    function testPriorityIsNoNeighboursBit() external pure {
        require(!BidWord.wrap(~(uint256(0xff) << 152)).priority(), "neighbours");
        require(BidWord.wrap(uint256(1) << 152).priority(), "lowest bit");
        require(BidWord.wrap(uint256(1) << 159).priority(), "highest bit");
    }

    // ---------------------------------------------------------------- OffersWord

    function testFuzz_OffersArePacked(
        uint32[3] calldata prices,
        uint32[3] calldata energies,
        uint16[3] calldata cores,
        uint16 reputation,
        bool more
    ) external pure {
        reputation %= 10_001;
        OffersWord word = OffersLibrary.pack(reputation, more);
        for (uint256 i; i < 3; ++i) {
            require((OffersWord.unwrap(word) << 16) >> (16 + 80 * i) == 0, "empty before");
            word = word.add(i, Price.wrap(prices[i]), Wh.wrap(energies[i]), cores[i]);
        }
        for (uint256 i; i < 3; ++i) {
            require(Price.unwrap(word.price(i)) == prices[i], "price");
            require(Wh.unwrap(word.energy(i)) == energies[i], "energy");
            require(word.cores(i) == cores[i], "cores");
        }
        require(word.reputation() == reputation, "reputation");
        require(word.more() == more, "more");
        require(OffersLibrary.PER_WORD == 3, "three");
    }

    function testFuzz_OffersAreReadFromTheirPlaces(uint256 word) external pure {
        word = _random(word);
        OffersWord offers = OffersWord.wrap(word);
        for (uint256 i; i < 3; ++i) {
            require(Price.unwrap(offers.price(i)) == _field(word, 80 * i, 32), "price");
            require(Wh.unwrap(offers.energy(i)) == _field(word, 80 * i + 32, 32), "energy");
            require(offers.cores(i) == _field(word, 80 * i + 64, 16), "cores");
        }
        require(offers.reputation() == _field(word, 240, 14), "reputation");
        require(offers.more() == (_field(word, 255, 1) == 1), "more");
    }

    function testAPlanGoesOnWhenAllIsSoldAndNoReputationLeft() external pure {
        require(OffersLibrary.pack(0, true).more(), "more");
        require(!OffersWord.wrap((1 << 255) - 1).more(), "no more");
    }

    function testFuzz_OffersAreLessBySold(
        uint256 word,
        uint8 index,
        uint32 energySold,
        uint16 coresSold
    ) external pure {
        word = _random(word);
        uint256 at = uint256(index) % 3;
        OffersWord offers = OffersWord.wrap(word);
        uint256 energy = Wh.unwrap(offers.energy(at));
        uint256 cores = offers.cores(at);
        energySold = uint32(energySold % (energy + 1));
        coresSold = uint16(coresSold % (cores + 1));
        uint256 expected = _replaced(word, 80 * at + 32, 32, energy - energySold);
        expected = _replaced(expected, 80 * at + 64, 16, cores - coresSold);
        require(OffersWord.unwrap(offers.less(at, Wh.wrap(energySold), coresSold)) == expected, "less");
    }

    // ---------------------------------------------------------------- OfferRow

    function testFuzz_RowIsMadeOfItsOffer(uint256 word, uint32 seller, uint8 index, uint24 place) external pure {
        word = _random(word);
        OffersWord offers = OffersWord.wrap(word);
        uint256 at = index % 3;
        OfferRow row = OfferRowLibrary.pack(offers, (uint256(seller) << 8) | index, place);
        require(ParticipantId.unwrap(row.seller()) == seller, "seller");
        require(row.index() == index, "index");
        require(row.ref() == (uint256(seller) << 8) | index, "ref");
        require(Price.unwrap(row.price()) == Price.unwrap(offers.price(at)), "price");
        require(Wh.unwrap(row.energy()) == Wh.unwrap(offers.energy(at)), "energy");
        require(OfferRow.unwrap(row) % 2 ** 16 == offers.cores(at), "cores");
        require(row.reputation() == offers.reputation(), "reputation");
        require(row.place() == place, "place");
        require(OfferRow.unwrap(row) >> 168 == 0, "nothing above");
    }

    function testFuzz_RowIsComparedFieldByField(
        uint16[2] calldata cores,
        uint32[2] calldata energies,
        uint32[2] calldata prices,
        uint256 others
    ) external pure {
        _requireCompared(cores, energies, prices, others);
        _requireCompared([cores[0], cores[0]], energies, prices, others);
        _requireCompared(cores, [energies[0], energies[0]], prices, others);
        _requireCompared(cores, energies, [prices[0], prices[0]], others);
        _requireCompared([cores[0], cores[0]], [energies[0], energies[0]], [prices[0], prices[0]], others);
    }

    function testRowIsComparedAtTheBounds() external pure {
        uint16[2] memory cores = [0, type(uint16).max];
        uint32[2] memory most = [0, type(uint32).max];
        for (uint256 i; i < 64; ++i) {
            _requireCompared(
                [cores[i & 1], cores[(i >> 1) & 1]],
                [most[(i >> 2) & 1], most[(i >> 3) & 1]],
                [most[(i >> 4) & 1], most[(i >> 5) & 1]],
                i % 3 == 0 ? 0 : type(uint256).max
            );
        }
    }

    function testFuzz_RowIsLessBySold(uint256 word, uint8 index, uint32 energySold, uint16 coresSold) external pure {
        word = _random(word);
        OffersWord offers = OffersWord.wrap(word);
        uint256 at = index % 3;
        energySold = uint32(energySold % (uint256(Wh.unwrap(offers.energy(at))) + 1));
        coresSold = uint16(coresSold % (uint256(offers.cores(at)) + 1));
        OfferRow left = OfferRowLibrary.pack(offers, index, 7).less(Wh.wrap(energySold), coresSold);
        OfferRow expected = OfferRowLibrary.pack(offers.less(at, Wh.wrap(energySold), coresSold), index, 7);
        require(OfferRow.unwrap(left) == OfferRow.unwrap(expected), "less");
    }

    // ---------------------------------------------------------------- BookWord

    function testFuzz_BookIsReadFromItsPlaces(uint256 word) external pure {
        word = _random(word);
        BookWord book = BookWord.wrap(word);
        require(book.bids() == _field(word, 0, 24), "bids");
        require(book.offers() == _field(word, 24, 24), "offers");
        require(book.phase() == _field(word, 48, 8), "phase");
        require(book.salts() == _field(word, 56, 128), "salts");
        require(book.leastEnergy() == _field(word, 184, 32), "least energy");
        require(book.fewestCores() == _field(word, 216, 16), "fewest cores");
    }

    function testFuzz_BookPhaseIsReplaced(uint256 word, uint8 phase) external pure {
        word = _random(word);
        require(BookWord.unwrap(BookWord.wrap(word).withPhase(phase)) == _replaced(word, 48, 8, phase), "phase");
    }

    function testFuzz_BookCountsOffers(uint256 word, uint8 offers) external pure {
        word = _random(word);
        // Room for what is added, as in any slot.
        word &= ~(uint256(1) << 47);
        BookWord book = BookWord.wrap(word);
        uint256 expected = _replaced(word, 24, 24, book.offers() + offers);
        require(BookWord.unwrap(book.addOffers(offers)) == expected, "offers");
    }

    function testFuzz_BookCountsBidsAndKeepsTheLeast(
        uint256 word,
        uint8 bids,
        uint32 energy,
        uint16 cores
    ) external pure {
        word = _random(word);
        word = (word & ~(uint256(1) << 23)) | 1;
        BookWord book = BookWord.wrap(word);
        uint256 expected = _replaced(word, 0, 24, book.bids() + bids);
        if (energy < book.leastEnergy()) expected = _replaced(expected, 184, 32, energy);
        if (cores < book.fewestCores()) expected = _replaced(expected, 216, 16, cores);
        require(BookWord.unwrap(book.addBids(bids, energy, cores)) == expected, "bids");
    }

    function testBookKeepsTheLeastOfAllBids() external pure {
        BookWord book = BookWord.wrap(0).addOffers(3).addBids(2, 500, 40);
        require(book.bids() == 2 && book.leastEnergy() == 500 && book.fewestCores() == 40, "the first bids");
        book = book.addBids(1, 499, 41);
        require(book.bids() == 3 && book.leastEnergy() == 499 && book.fewestCores() == 40, "less energy");
        book = book.addBids(1, 500, 39);
        require(book.bids() == 4 && book.leastEnergy() == 499 && book.fewestCores() == 39, "fewer cores");
        book = book.addBids(1, 499, 39);
        require(book.bids() == 5 && book.leastEnergy() == 499 && book.fewestCores() == 39, "the same");
        require(book.offers() == 3, "offers");
        book = BookWord.wrap(0).addBids(1, type(uint32).max, type(uint16).max);
        require(book.leastEnergy() == type(uint32).max && book.fewestCores() == type(uint16).max, "the most");
        require(BookWord.unwrap(book) >> 232 == 0, "nothing above");
    }

    function testFuzz_BookAddsSalts(uint256 word, bytes32 salt) external pure {
        word = _random(word);
        BookWord book = BookWord.wrap(word);
        uint256 sum = addmod(book.salts(), uint256(keccak256(abi.encode(salt))), 1 << 128);
        require(BookWord.unwrap(book.addSalt(salt)) == _replaced(word, 56, 128, sum), "salts");
    }

    function testFuzz_OrderOfRevealsDoesNotMatter(bytes32 a, bytes32 b) external pure {
        BookWord empty = BookWord.wrap(0);
        require(empty.addSalt(a).addSalt(b).salts() == empty.addSalt(b).addSalt(a).salts(), "order");
        require(empty.addSalt(a).salts() != 0, "a salt counts");
    }

    // ---------------------------------------------------------------- RankingWord

    function testFuzz_RankingIsReadFromItsPlaces(uint256 word) external pure {
        word = _random(word);
        RankingWord ranking = RankingWord.wrap(word);
        require(ranking.lastBidKey() == _field(word, 0, 88), "bid key");
        require(ranking.lastOfferKey() == _field(word, 88, 88), "offer key");
        require(ranking.bids() == _field(word, 176, 24), "bids");
        require(ranking.offers() == _field(word, 200, 24), "offers");
        require(SlotId.unwrap(ranking.slot()) == _field(word, 224, 32), "slot");
    }

    function testFuzz_RankingStartsBeforeEverything(uint32 slot) external pure {
        RankingWord ranking = RankingLibrary.start(SlotId.wrap(slot));
        require(SlotId.unwrap(ranking.slot()) == slot, "slot");
        require(ranking.lastBidKey() == MAX88 && ranking.lastOfferKey() == MAX88, "keys");
        require(ranking.bids() == 0 && ranking.offers() == 0, "counts");
    }

    function testFuzz_RankingFieldsAreReplaced(uint256 word, uint88 key, uint24 count) external pure {
        word = _random(word);
        RankingWord ranking = RankingWord.wrap(word);
        uint256 expected = _replaced(_replaced(word, 0, 88, key), 176, 24, count);
        require(RankingWord.unwrap(ranking.withBids(key, count)) == expected, "bids");
        expected = _replaced(_replaced(word, 88, 88, key), 200, 24, count);
        require(RankingWord.unwrap(ranking.withOffers(key, count)) == expected, "offers");
    }

    // ---------------------------------------------------------------- CursorWord

    function testFuzz_CursorIsPacked(
        address ranker,
        uint24 nextBid,
        uint24 head,
        uint24 nextRelease,
        uint24 trades
    ) external pure {
        CursorWord cursor = CursorLibrary.pack(ranker, nextBid, head, nextRelease, trades);
        require(cursor.ranker() == ranker, "ranker");
        require(cursor.nextBid() == nextBid, "next bid");
        require(cursor.head() == head, "head");
        require(cursor.nextRelease() == nextRelease, "next release");
        require(cursor.trades() == trades, "trades");
    }

    function testCursorHoldsTheMostOfEachAlone() external pure {
        require(_cursor(address(type(uint160).max), 0, 0, 0, 0) == type(uint160).max, "ranker");
        require(_cursor(address(0), MAX24, 0, 0, 0) == MAX24 << 160, "next bid");
        require(_cursor(address(0), 0, MAX24, 0, 0) == MAX24 << 184, "head");
        require(_cursor(address(0), 0, 0, MAX24, 0) == MAX24 << 208, "next release");
        require(_cursor(address(0), 0, 0, 0, MAX24) == MAX24 << 232, "trades");
    }

    function testFuzz_RowsAreSkippedUpToTheFirstThatIsNotTooSmall(
        uint8[8] calldata cores,
        uint8[8] calldata prices,
        uint8 needed,
        uint8 highest
    ) external pure {
        OfferRow need = OfferRowLibrary.needed(Wh.wrap(0), needed, Price.wrap(highest));
        OfferRow[] memory rows = new OfferRow[](cores.length);
        for (uint256 i; i < rows.length; ++i) {
            rows[i] = OfferRowLibrary.needed(Wh.wrap(0), cores[i], Price.wrap(prices[i] / 2));
        }
        uint256 expected;
        while (expected < rows.length && cores[expected] < needed && prices[expected] / 2 <= highest) ++expected;
        require(_skipped(rows, need) == expected, "skipped");
    }

    function testNoRowIsSkippedOfNone() external pure {
        OfferRow need = OfferRowLibrary.needed(Wh.wrap(1), 1, Price.wrap(1));
        require(_skipped(new OfferRow[](0), need) == 0, "none");
    }

    // ---------------------------------------------------------------- CandidatesWord

    function testFuzz_CandidatesAreAddedInTheirOrder(uint24[8] calldata places, uint24 next) external pure {
        CandidatesWord found = CandidatesWord.wrap(0).withNext(next);
        for (uint256 i; i < places.length; ++i) {
            require(found.count() == i, "count");
            found = found.add(places[i]);
        }
        require(found.count() == places.length, "full");
        for (uint256 i; i < places.length; ++i) require(found.placeAt(i) == places[i], "place");
        require(found.next() == next, "next");
        require(CandidatesWord.unwrap(found) >> 224 == 0, "nothing above");
    }

    function testFuzz_NextIsReplaced(uint256 word, uint24 next) external pure {
        word = _random(word);
        CandidatesWord found = CandidatesWord.wrap(word);
        require(found.next() == _field(word, 0, 24), "next");
        require(found.count() == _field(word, 24, 8), "count");
        require(CandidatesWord.unwrap(found.withNext(next)) == _replaced(word, 0, 24, next), "replaced");
    }

    // ---------------------------------------------------------------- helpers

    function _plan(
        address wallet,
        uint32 slot,
        uint256 sequence,
        uint256 status,
        bool seller
    ) private pure returns (uint256) {
        return PlanWord.unwrap(PlanLibrary.pack(wallet, SlotId.wrap(slot), sequence, status, seller));
    }

    /// @dev Of each pair the first is the offer's, the second what a bid needs.
    function _requireCompared(
        uint16[2] memory cores,
        uint32[2] memory energies,
        uint32[2] memory prices,
        uint256 others
    ) private pure {
        OfferRow offer = OfferRowLibrary.needed(Wh.wrap(energies[0]), cores[0], Price.wrap(prices[0]));
        OfferRow need = OfferRowLibrary.needed(Wh.wrap(energies[1]), cores[1], Price.wrap(prices[1]));
        // What is above the fields that are compared does not matter.
        OfferRow[] memory rows = new OfferRow[](1);
        rows[0] = OfferRow.wrap(OfferRow.unwrap(offer) | (others << 88));
        uint256 verdict = rows[0].compare(need);
        bool enough = cores[0] >= cores[1] && energies[0] >= energies[1];
        require(OfferRowLibrary.fits(verdict) == (enough && prices[0] <= prices[1]), "fits");
        require(_skipped(rows, need) == (!enough && prices[0] <= prices[1] ? 1 : 0), "skipped");
    }

    /// @return count how many rows `skipTooSmall` passes
    function _skipped(OfferRow[] memory rows, OfferRow need) private pure returns (uint256 count) {
        uint256 spot;
        assembly ("memory-safe") {
            spot := add(rows, 0x20)
        }
        count = (need.skipTooSmall(spot, spot + 32 * rows.length) - spot) / 32;
    }

    function _cursor(
        address ranker,
        uint256 nextBid,
        uint256 head,
        uint256 nextRelease,
        uint256 trades
    ) private pure returns (uint256) {
        return CursorWord.unwrap(CursorLibrary.pack(ranker, nextBid, head, nextRelease, trades));
    }
}
