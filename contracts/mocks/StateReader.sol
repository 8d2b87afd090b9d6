// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title StateReader
/// @notice Many views in one call, for tests. Takes, for each view, 20 bytes address, 2 bytes length and the call data;
/// answers, for each, 1 byte success, 4 bytes length and the data returned.
contract StateReader {
    fallback() external {
        assembly ("memory-safe") {
            let output := mload(0x40)
            let end := output
            let offset := 0
            for {} lt(offset, calldatasize()) {} {
                let target := shr(96, calldataload(offset))
                let length := shr(240, calldataload(add(offset, 20)))
                offset := add(offset, 22)
                calldatacopy(end, offset, length)
                offset := add(offset, length)
                let ok := staticcall(gas(), target, end, length, 0, 0)
                mstore8(end, ok)
                mstore(add(end, 1), shl(224, returndatasize()))
                returndatacopy(add(end, 5), 0, returndatasize())
                end := add(end, add(5, returndatasize()))
            }
            return(output, sub(end, output))
        }
    }
}
