// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title StructHash
/// @notice EIP-712 hashes of arrays of structs, straight from calldata.
library StructHash {
    /// @notice Hash of an array of structs with value members only, which calldata holds just as they are hashed. Members
    /// with bits beyond their types are refused where they are read.
    function hashItems(
        bytes32 typeHash,
        uint256 start,
        uint256 count,
        uint256 size
    ) internal pure returns (bytes32 result) {
        assembly ("memory-safe") {
            let hashes := mload(0x40)
            let end := add(hashes, shl(5, count))
            mstore(end, typeHash)
            let members := add(end, 0x20)
            let hashed := add(size, 0x20)
            let from := start
            for {
                let hash := hashes
            } lt(hash, end) {
                hash := add(hash, 0x20)
            } {
                calldatacopy(members, from, size)
                mstore(hash, keccak256(end, hashed))
                from := add(from, size)
            }
            result := keccak256(hashes, shl(5, count))
        }
    }

    /// @notice Hash of a struct whose first members are values, `size` bytes of them, and whose last one is an array with the
    /// hash `last`. Members with bits beyond their types are refused where they are read.
    function hashStruct(
        bytes32 typeHash,
        uint256 start,
        uint256 size,
        bytes32 last
    ) internal pure returns (bytes32 result) {
        assembly ("memory-safe") {
            let item := mload(0x40)
            mstore(item, typeHash)
            calldatacopy(add(item, 0x20), start, size)
            mstore(add(item, add(size, 0x20)), last)
            result := keccak256(item, add(size, 0x40))
        }
    }
}
