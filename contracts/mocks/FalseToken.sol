// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import { MockToken } from "./MockToken.sol";

/// @title FalseToken
/// @notice For tests only: while `failing`, returns false instead of reverting, and transfers nothing.
contract FalseToken is MockToken {
    bool private _failing;

    /// @notice Has the token's transfers fail, or not.
    function setFailing(bool failing) external {
        _failing = failing;
    }

    /// @dev Fails by its result.
    function transfer(address to, uint256 value) public override returns (bool) {
        return !_failing && super.transfer(to, value);
    }

    /// @dev Fails by its result.
    function transferFrom(address from, address to, uint256 value) public override returns (bool) {
        return !_failing && super.transferFrom(from, to, value);
    }
}
