// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import { Bits } from "../libraries/Bits.sol";
import { SlotId } from "./SlotId.sol";

/// @notice How far a data centre's readings have come, in one word, from the lowest bit: slot of the next reading 32, its part
/// 8, what the parts so far left of the slot's PV energy 32, of the ESD's 32 and of the grid's 32, latest contract delivered to
/// 40, tab with the grid 72 (two's complement), commissioned 8.
/// @dev A slot adds less than 2^55 micro-yuan to the tab, which holds 2^16 such slots.
type MeterWord is uint256;

using MeterLibrary for MeterWord global;

/// @title MeterLibrary
library MeterLibrary {
    using Bits for uint256;

    function nextSlot(MeterWord word) internal pure returns (SlotId) {
        return SlotId.wrap(uint32(MeterWord.unwrap(word)));
    }

    function nextPart(MeterWord word) internal pure returns (uint256) {
        return MeterWord.unwrap(word).read(32, 8);
    }

    function pvLeft(MeterWord word) internal pure returns (uint256) {
        return MeterWord.unwrap(word).read(40, 32);
    }

    function esdLeft(MeterWord word) internal pure returns (uint256) {
        return MeterWord.unwrap(word).read(72, 32);
    }

    function gridLeft(MeterWord word) internal pure returns (uint256) {
        return MeterWord.unwrap(word).read(104, 32);
    }

    function lastContract(MeterWord word) internal pure returns (uint256) {
        return MeterWord.unwrap(word).read(136, 40);
    }

    function tab(MeterWord word) internal pure returns (int256) {
        return int72(uint72(MeterWord.unwrap(word) >> 176));
    }

    function commissioned(MeterWord word) internal pure returns (bool) {
        return MeterWord.unwrap(word) >> 248 != 0;
    }

    /// @dev Marks the data centre as commissioned, too.
    function withNext(MeterWord word, SlotId slot, uint256 part) internal pure returns (MeterWord) {
        uint256 next = SlotId.unwrap(slot) | (part << 32);
        return MeterWord.wrap(MeterWord.unwrap(word).write(0, 40, next) | (1 << 248));
    }

    function withEnergy(
        MeterWord word,
        uint256 pvLeft_,
        uint256 esdLeft_,
        uint256 gridLeft_,
        uint256 lastContract_
    ) internal pure returns (MeterWord) {
        uint256 energy = pvLeft_ | (esdLeft_ << 32) | (gridLeft_ << 64) | (lastContract_ << 96);
        return MeterWord.wrap(MeterWord.unwrap(word).write(40, 136, energy));
    }

    function withTab(MeterWord word, int256 tab_) internal pure returns (MeterWord) {
        return MeterWord.wrap(MeterWord.unwrap(word).write(176, 72, uint72(int72(tab_))));
    }
}
