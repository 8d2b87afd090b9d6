// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import { BidWord } from "../../contracts/types/AuctionWords.sol";
import { ParticipantId } from "../../contracts/types/ParticipantId.sol";
import { SlotId } from "../../contracts/types/SlotId.sol";
import {
    SupplyProgressLibrary,
    SupplyProgressWord,
    SupplyTermsLibrary,
    SupplyTermsWord
} from "../../contracts/types/SupplyWords.sol";
import { CoreSeconds, Price, Wh } from "../../contracts/types/Units.sol";
import { WordTest } from "./WordTest.sol";

contract SupplyWordsTest is WordTest {
    uint32 private constant MAX32 = type(uint32).max;

    // ---------------------------------------------------------------- terms

    function testFuzz_TermsAreTheBidsWithPartiesAndPrice(
        uint256 word,
        uint32 buyer,
        uint32 seller,
        uint32 price
    ) external pure {
        word = _random(word);
        // The slot is cut, so that no deadline lies beyond the last slot.
        BidWord bid = BidWord.wrap(word & ~(uint256(1) << 191));
        SupplyTermsWord terms = SupplyTermsLibrary.fromBid(
            bid,
            ParticipantId.wrap(buyer),
            ParticipantId.wrap(seller),
            Price.wrap(price)
        );
        require(ParticipantId.unwrap(terms.buyer()) == buyer, "buyer");
        require(ParticipantId.unwrap(terms.seller()) == seller, "seller");
        require(terms.cores() == bid.cores(), "cores");
        require(CoreSeconds.unwrap(terms.coreSeconds()) == CoreSeconds.unwrap(bid.coreSeconds()), "core-seconds");
        require(Wh.unwrap(terms.energy()) == Wh.unwrap(bid.energy()), "energy");
        require(Price.unwrap(terms.price()) == price, "price");
        require(terms.signed() == bid.slot(), "signed");
        require(terms.firstSlot() == bid.slot().plus(bid.earliestOffset()), "first slot");
        require(terms.deadline() == bid.slot().plus(bid.deadlineOffset()), "deadline");
        require(terms.priority() == bid.priority(), "priority");
    }

    function testFuzz_TermsAreReadFromTheirPlaces(uint256 word) external pure {
        word = _random(word);
        word &= ~(uint256(1) << 255);
        SupplyTermsWord terms = SupplyTermsWord.wrap(word);
        require(ParticipantId.unwrap(terms.buyer()) == _field(word, 0, 32), "buyer");
        require(ParticipantId.unwrap(terms.seller()) == _field(word, 32, 32), "seller");
        require(terms.cores() == _field(word, 64, 16), "cores");
        require(CoreSeconds.unwrap(terms.coreSeconds()) == _field(word, 80, 40), "core-seconds");
        require(Wh.unwrap(terms.energy()) == _field(word, 120, 32), "energy");
        require(Price.unwrap(terms.price()) == _field(word, 152, 32), "price");
        uint256 signed = _field(word, 224, 32);
        require(SlotId.unwrap(terms.signed()) == signed, "signed");
        require(SlotId.unwrap(terms.firstSlot()) == signed + _field(word, 184, 16), "first slot");
        require(SlotId.unwrap(terms.deadline()) == signed + _field(word, 200, 16), "deadline");
        require(terms.priority() == (_field(word, 216, 8) != 0), "priority");
    }

    function testTermsExistUnlessEmpty() external pure {
        require(!SupplyTermsWord.wrap(0).exists(), "empty");
        require(SupplyTermsWord.wrap(1).exists(), "buyer 1");
        require(SupplyTermsWord.wrap(1 << 255).exists(), "highest bit");
    }

    function testPriorityIsNoNeighboursBit() external pure {
        require(!SupplyTermsWord.wrap(~(uint256(0xff) << 216)).priority(), "neighbours");
        require(SupplyTermsWord.wrap(uint256(1) << 216).priority(), "lowest bit");
        require(SupplyTermsWord.wrap(uint256(1) << 223).priority(), "highest bit");
    }

    // ---------------------------------------------------------------- progress

    function testFuzz_ProgressIsReadFromItsPlaces(uint256 word) external pure {
        word = _random(word);
        SupplyProgressWord progress = SupplyProgressWord.wrap(word);
        require(CoreSeconds.unwrap(progress.delivered()) == _field(word, 0, 40), "delivered");
        require(progress.pv() == _field(word, 40, 32), "pv");
        require(progress.esd() == _field(word, 72, 32), "esd");
        require(progress.grid() == _field(word, 104, 32), "grid");
        require(progress.buyerDeposit() == _field(word, 136, 48), "buyer's deposit");
        require(progress.sellerDeposit() == _field(word, 184, 48), "seller's deposit");
        require(progress.status() == _field(word, 232, 8), "status");
        require(progress.handedOver() == (_field(word, 240, 8) != 0), "handed over");
    }

    function testFuzz_ProgressIsPacked(uint48 buyerDeposit, uint48 sellerDeposit, uint8 status) external pure {
        SupplyProgressWord progress = SupplyProgressLibrary.pack(buyerDeposit, sellerDeposit, status);
        require(progress.buyerDeposit() == buyerDeposit, "buyer's deposit");
        require(progress.sellerDeposit() == sellerDeposit, "seller's deposit");
        require(progress.status() == status, "status");
        require(_field(SupplyProgressWord.unwrap(progress), 0, 136) == 0, "nothing delivered");
        require(_field(SupplyProgressWord.unwrap(progress), 240, 16) == 0, "nothing handed over");
    }

    function testProgressHoldsTheMostOfEachAlone() external pure {
        uint256 most = type(uint48).max;
        require(SupplyProgressWord.unwrap(SupplyProgressLibrary.pack(most, 0, 0)) == most << 136, "buyer's deposit");
        require(SupplyProgressWord.unwrap(SupplyProgressLibrary.pack(0, most, 0)) == most << 184, "seller's deposit");
        require(SupplyProgressWord.unwrap(SupplyProgressLibrary.pack(0, 0, 255)) == 255 << 232, "status");
    }

    function testFuzz_DeliveriesAreAdded(
        uint256 word,
        uint40 coreSeconds,
        uint32 pv,
        uint32 esd,
        uint32 grid
    ) external pure {
        word = _random(word);
        // The caller makes sure that the core-seconds fit.
        coreSeconds = uint40(coreSeconds % (type(uint40).max - _field(word, 0, 40) + 1));
        SupplyProgressWord before = SupplyProgressWord.wrap(word);
        SupplyProgressWord progress = before.add(CoreSeconds.wrap(coreSeconds), pv, esd, grid);
        uint256 packed = SupplyProgressWord.unwrap(progress);
        require(_field(packed, 0, 40) == _field(word, 0, 40) + coreSeconds, "delivered");
        require(progress.pv() == _capped(before.pv() + pv), "pv");
        require(progress.esd() == _capped(before.esd() + esd), "esd");
        require(progress.grid() == _capped(before.grid() + grid), "grid");
        require(packed >> 136 == word >> 136, "the rest");
    }

    function testEnergyStopsAtTheMost() external pure {
        SupplyProgressWord progress = SupplyProgressWord.wrap(0);
        progress = progress.add(CoreSeconds.wrap(1), MAX32 - 1, MAX32, 0);
        require(progress.pv() == MAX32 - 1 && progress.esd() == MAX32 && progress.grid() == 0, "below");
        progress = progress.add(CoreSeconds.wrap(1), 1, 0, 5);
        require(progress.pv() == MAX32 && progress.esd() == MAX32 && progress.grid() == 5, "at");
        progress = progress.add(CoreSeconds.wrap(type(uint40).max - 2), 1, MAX32, MAX32);
        require(progress.pv() == MAX32 && progress.esd() == MAX32 && progress.grid() == MAX32, "beyond");
        require(CoreSeconds.unwrap(progress.delivered()) == type(uint40).max, "core-seconds");
        require(SupplyProgressWord.unwrap(progress) >> 136 == 0, "nothing above");
    }

    function testFuzz_StatusIsReplaced(uint256 word, uint8 status) external pure {
        word = _random(word);
        uint256 changed = SupplyProgressWord.unwrap(SupplyProgressWord.wrap(word).withStatus(status));
        require(changed == _replaced(word, 232, 8, status), "status");
    }

    function testFuzz_HandedOverIsReplaced(uint256 word, bool handedOver) external pure {
        word = _random(word);
        SupplyProgressWord changed = SupplyProgressWord.wrap(word).withHandedOver(handedOver);
        require(SupplyProgressWord.unwrap(changed) == _replaced(word, 240, 8, handedOver ? 1 : 0), "handed over");
        require(changed.handedOver() == handedOver, "read again");
    }

    function testHandedOverIsNoNeighboursBit() external pure {
        require(!SupplyProgressWord.wrap(~(uint256(0xff) << 240)).handedOver(), "neighbours");
        require(SupplyProgressWord.wrap(1 << 240).handedOver(), "lowest bit");
        require(SupplyProgressWord.wrap(1 << 247).handedOver(), "highest bit");
    }

    // ---------------------------------------------------------------- helpers

    function _capped(uint256 value) private pure returns (uint256) {
        return value > MAX32 ? MAX32 : value;
    }
}
