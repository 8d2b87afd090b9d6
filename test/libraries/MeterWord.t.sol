// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import { MeterWord } from "../../contracts/types/MeterWord.sol";
import { SlotId } from "../../contracts/types/SlotId.sol";
import { WordTest } from "./WordTest.sol";

contract MeterWordTest is WordTest {
    uint256 private constant COMMISSIONED = 1 << 248;

    function testFuzz_MeterIsReadFromItsPlaces(uint256 word) external pure {
        word = _random(word);
        MeterWord meter = MeterWord.wrap(word);
        require(SlotId.unwrap(meter.nextSlot()) == _field(word, 0, 32), "next slot");
        require(meter.nextPart() == _field(word, 32, 8), "next part");
        require(meter.pvLeft() == _field(word, 40, 32), "pv left");
        require(meter.esdLeft() == _field(word, 72, 32), "esd left");
        require(meter.gridLeft() == _field(word, 104, 32), "grid left");
        require(meter.lastContract() == _field(word, 136, 40), "last contract");
        require(meter.tab() == int72(uint72(_field(word, 176, 72))), "tab");
        require(meter.commissioned() == (_field(word, 248, 8) != 0), "commissioned");
    }

    function testFuzz_NextTurnIsReplaced(uint256 word, uint32 slot, uint8 part) external pure {
        word = _random(word);
        word &= ~(uint256(0xff) << 248);
        MeterWord meter = MeterWord.wrap(word).withNext(SlotId.wrap(slot), part);
        uint256 expected = _replaced(word, 0, 40, slot + (uint256(part) << 32)) + COMMISSIONED;
        require(MeterWord.unwrap(meter) == expected, "replaced");
        require(MeterWord.unwrap(meter.withNext(SlotId.wrap(slot), part)) == expected, "commissioned once");
    }

    function testFuzz_EnergyIsReplaced(
        uint256 word,
        uint32 pv,
        uint32 esd,
        uint32 grid,
        uint40 lastContract
    ) external pure {
        word = _random(word);
        MeterWord meter = MeterWord.wrap(word).withEnergy(pv, esd, grid, lastContract);
        require(meter.pvLeft() == pv, "pv left");
        require(meter.esdLeft() == esd, "esd left");
        require(meter.gridLeft() == grid, "grid left");
        require(meter.lastContract() == lastContract, "last contract");
        uint256 left = MeterWord.unwrap(meter);
        require(_replaced(left, 40, 136, 0) == _replaced(word, 40, 136, 0), "the rest");
    }

    function testFuzz_TabIsReplaced(uint256 word, int72 tab) external pure {
        word = _random(word);
        MeterWord meter = MeterWord.wrap(word).withTab(tab);
        require(meter.tab() == tab, "tab");
        require(MeterWord.unwrap(meter) == _replaced(word, 176, 72, uint72(tab)), "the rest");
    }

    function testTabHoldsTheMostOfEitherSign() external pure {
        MeterWord meter = MeterWord.wrap(0);
        require(meter.withTab(type(int72).max).tab() == type(int72).max, "most");
        require(meter.withTab(type(int72).min).tab() == type(int72).min, "least");
        require(meter.withTab(-1).tab() == -1 && !meter.withTab(-1).commissioned(), "below 0");
    }
}
