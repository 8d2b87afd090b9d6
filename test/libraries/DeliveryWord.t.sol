// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import { Delivery } from "../../contracts/interfaces/IMeterBook.sol";
import { DeliveryLibrary, DeliveryWord } from "../../contracts/types/DeliveryWord.sol";
import { ContractId } from "../../contracts/types/Units.sol";

contract DeliveryWordTest {
    /// @dev Bits of a delivery's members.
    uint256[5] private _widths = [40, 40, 32, 32, 32];

    function pack(Delivery calldata delivery) external pure returns (DeliveryWord) {
        return DeliveryLibrary.pack(delivery);
    }

    function testFuzz_DeliveryIsReadAsItWasPacked(Delivery calldata delivery) external view {
        DeliveryWord word = this.pack(delivery);
        require(ContractId.unwrap(word.contractId()) == delivery.contractId, "contract");
        require(word.coreSeconds() == delivery.coreSeconds, "core-seconds");
        require(word.pv() == delivery.pv, "pv");
        require(word.esd() == delivery.esd, "esd");
        require(word.grid() == delivery.grid, "grid");
        require(DeliveryWord.unwrap(word) >> 176 == 0, "nothing above");
    }

    function testFuzz_BitsBeyondAMembersTypeAreRefused(uint8 member, uint8 bit) external view {
        uint256[5] memory members;
        member %= 5;
        for (uint256 i; i < members.length; ++i) members[i] = 2 ** _widths[i] - 1;
        require(_isPacked(members), "the most of all");
        uint256 beyond = _widths[member] + (bit % (256 - _widths[member]));
        members[member] += 2 ** beyond;
        require(!_isPacked(members), "beyond");
    }

    function _isPacked(uint256[5] memory members) private view returns (bool success) {
        (success, ) = address(this).staticcall(abi.encodePacked(this.pack.selector, abi.encode(members)));
    }
}
