// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import { ERC20 } from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title MockToken
/// @notice For tests only: an ERC-20 without permit that anyone mints. The other mocks behave otherwise in one way each.
contract MockToken is ERC20 {
    constructor() ERC20("Mock Yuan", "MOCK") {}

    /// @notice Mints `amount` to `to`.
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }
}
