// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import { ParticipantId } from "../../contracts/types/ParticipantId.sol";
import { SettlementLibrary, SettlementWord } from "../../contracts/types/SettlementWord.sol";
import { WordTest } from "./WordTest.sol";

contract SettlementWordTest is WordTest {
    function testFuzz_SettlementIsReadAsItWasPacked(
        uint32 buyer,
        uint56 paid,
        uint56 unlockBuyer,
        uint56 unlockSeller,
        uint16 rise
    ) external pure {
        SettlementWord word = SettlementLibrary.pack(ParticipantId.wrap(buyer), paid, unlockBuyer, unlockSeller, rise);
        require(ParticipantId.unwrap(word.buyer()) == buyer, "buyer");
        require(word.paid() == paid, "paid");
        require(word.unlockBuyer() == unlockBuyer, "unlockBuyer");
        require(word.unlockSeller() == unlockSeller, "unlockSeller");
        require(word.rise() == rise, "rise");
    }

    function testFuzz_SettlementIsReadFromItsPlaces(uint256 packed) external pure {
        packed = _random(packed);
        SettlementWord word = SettlementWord.wrap(packed);
        require(ParticipantId.unwrap(word.buyer()) == _field(packed, 0, 32), "buyer");
        require(word.paid() == _field(packed, 32, 56), "paid");
        require(word.unlockBuyer() == _field(packed, 88, 56), "unlockBuyer");
        require(word.unlockSeller() == _field(packed, 144, 56), "unlockSeller");
        require(word.rise() == _field(packed, 200, 16), "rise");
    }
}
