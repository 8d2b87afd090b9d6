// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import { MockToken } from "./MockToken.sol";

/// @title ReentrantToken
/// @notice For tests only: calls back in the midst of a transfer, once. The token can itself be a participant, whose wallet
/// it then is.
contract ReentrantToken is MockToken {
    address private _target;
    bytes private _data;

    /// @notice The call came back with this.
    event CalledBack(bool success, bytes result);

    /// @notice Sends a call as the token's own.
    function execute(address target, bytes calldata data) external {
        (bool success, bytes memory result) = target.call(data);
        if (!success) {
            assembly ("memory-safe") {
                revert(add(result, 0x20), mload(result))
            }
        }
    }

    /// @notice Has the next transfer call `target` with `data`.
    function arm(address target, bytes calldata data) external {
        _target = target;
        _data = data;
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        address target = _target;
        if (target == address(0)) return;
        _target = address(0);
        (bool success, bytes memory result) = target.call(_data);
        emit CalledBack(success, result);
    }
}
