// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import { AccessManaged } from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import { ERC20 } from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import { ERC20Burnable } from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Burnable.sol";
import { ERC20Permit } from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";

import { ISettlementToken } from "./interfaces/ISettlementToken.sol";

/// @title SettlementToken
/// @notice Implements {ISettlementToken}, where everything is described.
contract SettlementToken is ISettlementToken, ERC20, ERC20Burnable, ERC20Permit, AccessManaged {
    /// @param authority_ OpenZeppelin AccessManager of the market
    constructor(address authority_) ERC20("Helio Yuan", "HCNY") ERC20Permit("Helio Yuan") AccessManaged(authority_) {}

    /// @inheritdoc ISettlementToken
    function mint(address to, uint256 amount) external restricted {
        _mint(to, amount);
    }

    /// @notice Micro-yuan: 6 decimals.
    function decimals() public pure override returns (uint8) {
        return 6;
    }
}
