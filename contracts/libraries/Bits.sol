// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Bits
/// @notice Reads and writes fields of a packed word. The words of this market are packed by hand, because the compiler writes
/// a packed struct one member at a time.
library Bits {
    /// @notice The `width` bits of `word` from bit `offset` on.
    function read(uint256 word, uint256 offset, uint256 width) internal pure returns (uint256) {
        unchecked {
            return (word >> offset) & ((1 << width) - 1);
        }
    }

    /// @notice `word` with the `width` bits from bit `offset` on replaced by `value`, which must fit.
    function write(uint256 word, uint256 offset, uint256 width, uint256 value) internal pure returns (uint256) {
        unchecked {
            uint256 mask = ((1 << width) - 1) << offset;
            return (word & ~mask) | (value << offset);
        }
    }
}
