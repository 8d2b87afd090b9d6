// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import { AuctionOrder } from "../../contracts/libraries/AuctionOrder.sol";
import { Price } from "../../contracts/types/Units.sol";

contract AuctionOrderTest {
    /// @dev A bid or an offer as the order sees it.
    struct Item {
        uint32 price;
        uint16 reputation;
        uint32 sequence;
        uint8 index;
    }

    function testFuzz_BidsAreInOrder(Item calldata a, Item calldata b) external pure {
        _requireSame(_bidKey(a) > _bidKey(b), _comesFirst(a, b, a.price > b.price));
    }

    function testFuzz_OffersAreInOrder(Item calldata a, Item calldata b) external pure {
        _requireSame(_offerKey(a) > _offerKey(b), _comesFirst(a, b, a.price < b.price));
    }

    /// @dev Random items seldom tie, so each rule is tried alone with neighbours.
    function testFuzz_TiesAreBrokenInTurn(Item memory a) external pure {
        a.price = a.price == 0 ? 1 : a.price;
        a.reputation = a.reputation == 0 ? 1 : a.reputation;
        a.sequence = a.sequence == 0 ? 1 : a.sequence;
        a.index = a.index == 0 ? 1 : a.index;

        Item memory b = Item(a.price - 1, type(uint16).max, 0, 0);
        require(_bidKey(a) > _bidKey(b), "bids: higher price first, whatever follows");
        b = Item(a.price, a.reputation - 1, 0, 0);
        require(_bidKey(a) > _bidKey(b), "bids: higher reputation first");
        require(_offerKey(a) > _offerKey(b), "offers: higher reputation first");
        b = Item(a.price, a.reputation, a.sequence - 1, type(uint8).max);
        require(_bidKey(a) < _bidKey(b), "bids: earlier commitment first");
        require(_offerKey(a) < _offerKey(b), "offers: earlier commitment first");
        b = Item(a.price, a.reputation, a.sequence, a.index - 1);
        require(_bidKey(a) < _bidKey(b), "bids: lower index first");
        require(_offerKey(a) < _offerKey(b), "offers: lower index first");
        b = Item(a.price - 1, 0, type(uint32).max, type(uint8).max);
        require(_offerKey(a) < _offerKey(b), "offers: lower price first, whatever follows");
        require(_bidKey(a) == _bidKey(a) && _offerKey(a) == _offerKey(a), "the same key for the same item");
    }

    function testKeysHave88Bits() external pure {
        Item memory first = Item(type(uint32).max, type(uint16).max, 0, 0);
        require(_bidKey(first) == type(uint88).max, "first bid");
        require(_bidKey(Item(0, 0, type(uint32).max, type(uint8).max)) == 0, "last bid");
        first.price = 0;
        require(_offerKey(first) == type(uint88).max, "first offer");
        require(_offerKey(Item(type(uint32).max, 0, type(uint32).max, type(uint8).max)) == 0, "last offer");
    }

    function _bidKey(Item memory item) private pure returns (uint256) {
        return AuctionOrder.bidKey(Price.wrap(item.price), item.reputation, item.sequence, item.index);
    }

    function _offerKey(Item memory item) private pure returns (uint256) {
        return AuctionOrder.offerKey(Price.wrap(item.price), item.reputation, item.sequence, item.index);
    }

    /// @dev The paper's order, spelled out.
    function _comesFirst(Item calldata a, Item calldata b, bool betterPrice) private pure returns (bool) {
        if (a.price != b.price) return betterPrice;
        if (a.reputation != b.reputation) return a.reputation > b.reputation;
        if (a.sequence != b.sequence) return a.sequence < b.sequence;
        return a.index < b.index;
    }

    function _requireSame(bool actual, bool expected) private pure {
        require(actual == expected, "order");
    }
}
