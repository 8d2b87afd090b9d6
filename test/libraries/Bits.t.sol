// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import { Bits } from "../../contracts/libraries/Bits.sol";
import { WordTest } from "./WordTest.sol";

contract BitsTest is WordTest {
    using Bits for uint256;

    function testReadsAField() external pure {
        require(uint256(0xabcdef).read(8, 8) == 0xcd, "middle");
        require(uint256(0xabcdef).read(0, 4) == 0xf, "lowest");
        require(type(uint256).max.read(248, 8) == 0xff, "highest");
        require(type(uint256).max.read(255, 1) == 1, "highest bit");
        require(type(uint256).max.read(10, 0) == 0, "no bits");
    }

    function testWritesAField() external pure {
        require(uint256(0xabcdef).write(8, 8, 0x12) == 0xab12ef, "middle");
        require(type(uint256).max.write(0, 8, 0) == type(uint256).max - 0xff, "lowest");
        require(uint256(0).write(255, 1, 1) == 1 << 255, "highest bit");
    }

    function testFuzz_ReadIsDivisionAndRemainder(uint256 word, uint8 offset, uint8 width) external pure {
        word = _random(word);
        uint256 w = width % 255;
        require(word.read(offset, w) == _field(word, offset, w), "read");
    }

    function testFuzz_WriteIsReadAndChangesNothingElse(
        uint256 word,
        uint8 offset,
        uint8 width,
        uint256 value
    ) external pure {
        word = _random(word);
        uint256 w = width % 65;
        uint256 o = offset % (256 - w);
        value %= 2 ** w;
        uint256 written = word.write(o, w, value);
        require(written.read(o, w) == value, "value");
        require(written % 2 ** o == word % 2 ** o, "below");
        require((written >> o) >> w == (word >> o) >> w, "above");
    }
}
