// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import { Price } from "../types/Units.sol";

/// @title AuctionOrder
/// @notice The strict total orders of the auction (the paper, section 2.2) as keys of 88 bits: what comes earlier has the
/// greater key. No two bids or offers of a slot share a key, because a sequence number belongs to one plan and an index
/// to one entry of it.
library AuctionOrder {
    /// @notice Bids: price descending, reputation descending, then order of commitment.
    function bidKey(Price price, uint256 reputation, uint256 sequence, uint256 index) internal pure returns (uint256) {
        return _key(Price.unwrap(price), reputation, sequence, index);
    }

    /// @notice Offers: price ascending, reputation descending, then order of commitment.
    function offerKey(
        Price price,
        uint256 reputation,
        uint256 sequence,
        uint256 index
    ) internal pure returns (uint256) {
        return _key(~Price.unwrap(price), reputation, sequence, index);
    }

    function _key(uint256 price, uint256 reputation, uint256 sequence, uint256 index) private pure returns (uint256) {
        unchecked {
            return
                (price << 56) | (reputation << 40) | ((type(uint32).max - sequence) << 8) | (type(uint8).max - index);
        }
    }
}
