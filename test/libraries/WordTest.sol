// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice What the tests of packed words have in common.
abstract contract WordTest {
    /// @dev A word with each bit set as often as not. Fuzzed numbers are mostly small or of the contract's own, so that few have
    /// their high bits set: they serve as seeds.
    function _random(uint256 seed) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed)));
    }

    /// @dev Written otherwise than in the library that is tested.
    function _field(uint256 word, uint256 offset, uint256 width) internal pure returns (uint256) {
        return (word / 2 ** offset) % 2 ** width;
    }

    function _replaced(uint256 word, uint256 offset, uint256 width, uint256 value) internal pure returns (uint256) {
        return word - _field(word, offset, width) * 2 ** offset + value * 2 ** offset;
    }
}
