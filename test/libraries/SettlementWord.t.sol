// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import { ParticipantId } from "../../contracts/types/ParticipantId.sol";
import { SettlementLibrary, SettlementWord } from "../../contracts/types/SettlementWord.sol";

contract SettlementWordTest {
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
}
