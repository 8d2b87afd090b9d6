// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice Energy in watt-hours.
type Wh is uint32;

/// @notice Compute in core-seconds: one core for one second.
type CoreSeconds is uint40;

/// @notice Price in micro-yuan (the settlement token's smallest unit) per kilowatt-hour.
type Price is uint32;

/// @notice Number of a supply contract; 0 is none.
type ContractId is uint40;

/// @notice Number of an order transfer; 0 is none.
type TransferId is uint40;
