// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import { MockToken } from "./MockToken.sol";

/// @title HollowToken
/// @notice For tests only: says that it transferred, and transfers nothing.
contract HollowToken is MockToken {
    /// @dev Does nothing.
    function transfer(address, uint256) public pure override returns (bool) {
        return true;
    }

    /// @dev Does nothing.
    function transferFrom(address, address, uint256) public pure override returns (bool) {
        return true;
    }
}
