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
    function pack(Delivery calldata delivery) internal pure returns (DeliveryWord) {
        uint256 energy = delivery.pv | (uint256(delivery.esd) << 32) | (uint256(delivery.grid) << 64);
        return DeliveryWord.wrap(delivery.contractId | (uint256(delivery.coreSeconds) << 40) | (energy << 80));
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
