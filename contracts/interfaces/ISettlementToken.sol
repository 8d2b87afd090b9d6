// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title ISettlementToken
/// @notice An ERC-20 token with permit (ERC-2612) and 6 decimals that stands for yuan held by an issuer. Only the issuer
/// mints; anyone may burn its own tokens to have them redeemed. Any other ERC-20 of standard behaviour serves as well.
interface ISettlementToken {
    /// @notice Mints `amount` micro-yuan to `to`. Restricted to `ISSUER_ROLE`.
    function mint(address to, uint256 amount) external;
}
