// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import { Delivery } from "../interfaces/IMeterBook.sol";
import { ContractId } from "./Units.sol";

/// @notice A `Delivery` on its way from the meter book to the supply book, in one word, from the lowest bit: contract 40,
/// core-seconds 40, Wh from PV 32, ESD 32 and grid 32.
type DeliveryWord is uint256;

using DeliveryLibrary for DeliveryWord global;

/// @title DeliveryLibrary
library DeliveryLibrary {
    /// @dev Members with bits beyond their types are refused as the compiler does where it reads them, but all at once.
    function pack(Delivery calldata delivery) internal pure returns (DeliveryWord word) {
        assembly ("memory-safe") {
            let contractId_ := calldataload(delivery)
            let coreSeconds_ := calldataload(add(delivery, 0x20))
            let pv_ := calldataload(add(delivery, 0x40))
            let esd_ := calldataload(add(delivery, 0x60))
            let grid_ := calldataload(add(delivery, 0x80))
            if or(shr(40, or(contractId_, coreSeconds_)), shr(32, or(or(pv_, esd_), grid_))) {
                revert(0, 0)
            }
            word := or(or(contractId_, shl(40, coreSeconds_)), or(shl(80, pv_), or(shl(112, esd_), shl(144, grid_))))
        }
    }

    function contractId(DeliveryWord word) internal pure returns (ContractId) {
        return ContractId.wrap(uint40(DeliveryWord.unwrap(word)));
    }

    function coreSeconds(DeliveryWord word) internal pure returns (uint256) {
        return uint40(DeliveryWord.unwrap(word) >> 40);
    }

    function pv(DeliveryWord word) internal pure returns (uint256) {
        return uint32(DeliveryWord.unwrap(word) >> 80);
    }

    function esd(DeliveryWord word) internal pure returns (uint256) {
        return uint32(DeliveryWord.unwrap(word) >> 112);
    }

    function grid(DeliveryWord word) internal pure returns (uint256) {
        return uint32(DeliveryWord.unwrap(word) >> 144);
    }
}
