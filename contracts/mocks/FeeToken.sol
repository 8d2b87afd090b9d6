// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import { MockToken } from "./MockToken.sol";

/// @title FeeToken
/// @notice For tests only: while `charging`, burns one unit of what it transfers, so that the recipient gets less.
contract FeeToken is MockToken {
    bool private _charging;

    /// @notice Has the token charge its fee, or not.
    function setCharging(bool charging) external {
        _charging = charging;
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (_charging && from != address(0) && to != address(0)) super._update(to, address(0), 1);
    }
}
