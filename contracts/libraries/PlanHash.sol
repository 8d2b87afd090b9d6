// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import { StructHash } from "./StructHash.sol";
import { Bid, Commitment, Offer, Plan } from "../interfaces/ISlotAuction.sol";

/// @title PlanHash
/// @notice EIP-712 struct hashes of the auction's messages.
library PlanHash {
    bytes32 private constant BID_TYPEHASH = keccak256(
        "Bid(uint16 cores,uint40 coreSeconds,uint32 energy,uint32 maxPrice,uint32 earliest,uint32 deadline,bool priority)"
    );
    bytes32 private constant OFFER_TYPEHASH = keccak256("Offer(uint32 price,uint32 energy,uint16 cores)");
    bytes32 private constant PLAN_TYPEHASH = keccak256(
        "Plan(uint32 slot,uint32 bidder,Bid[] bids,Offer[] offers,bytes32 salt)Bid(uint16 cores,uint40 coreSeconds,uint32 energy,uint32 maxPrice,uint32 earliest,uint32 deadline,bool priority)Offer(uint32 price,uint32 energy,uint16 cores)"
    );
    bytes32 private constant COMMITMENT_TYPEHASH = keccak256(
        "Commitment(uint32 slot,bytes32 commitment,uint32 replaces,uint40 expiry)"
    );

    uint256 private constant BID_SIZE = 7 * 32;
    uint256 private constant OFFER_SIZE = 3 * 32;

    /// @notice Struct hash of a plan. As with items of arrays, members with bits beyond their types are refused where they are
    /// read.
    function hash(Plan calldata plan) internal pure returns (bytes32 result) {
        bytes32 typeHash = PLAN_TYPEHASH;
        bytes32 bids = _hashBids(plan.bids);
        bytes32 offers = _hashOffers(plan.offers);
        assembly ("memory-safe") {
            // Members of a plan: slot, bidder, bids, offers, salt.
            let item := mload(0x40)
            mstore(item, typeHash)
            calldatacopy(add(item, 0x20), plan, 0x40)
            mstore(add(item, 0x60), bids)
            mstore(add(item, 0x80), offers)
            calldatacopy(add(item, 0xa0), add(plan, 0x80), 0x20)
            result := keccak256(item, 0xc0)
        }
    }

    /// @notice Struct hash of a commitment.
    function hash(Commitment calldata commitment) internal pure returns (bytes32) {
        return keccak256(abi.encode(COMMITMENT_TYPEHASH, commitment));
    }

    function _hashBids(Bid[] calldata bids) private pure returns (bytes32) {
        uint256 start;
        assembly ("memory-safe") {
            start := bids.offset
        }
        return StructHash.hashItems(BID_TYPEHASH, start, bids.length, BID_SIZE);
    }

    function _hashOffers(Offer[] calldata offers) private pure returns (bytes32) {
        uint256 start;
        assembly ("memory-safe") {
            start := offers.offset
        }
        return StructHash.hashItems(OFFER_TYPEHASH, start, offers.length, OFFER_SIZE);
    }
}
