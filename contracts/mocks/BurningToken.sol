// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import { MockToken } from "./MockToken.sol";

/// @title BurningToken
/// @notice For tests only: while `burning`, burns one unit more from the sender than it transfers.
contract BurningToken is MockToken {
    bool private _burning;

    /// @notice Has the token burn, or not.
    function setBurning(bool burning) external {
        _burning = burning;
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (_burning && from != address(0) && to != address(0)) super._update(from, address(0), 1);
    }
}
