// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import { IMarketDirectory } from "./interfaces/IMarketDirectory.sol";

/// @title MarketPart
/// @notice What every contract of the market shares: the directory that it was created by, and the refusal of calls
/// that only the market's own contracts may make.
abstract contract MarketPart {
    /// @notice The directory of the market that this contract belongs to.
    IMarketDirectory public immutable directory;

    /// @notice Only certain contracts of this market may call this function.
    error NotMarket(address caller);

    constructor(IMarketDirectory directory_) {
        directory = directory_;
    }
}
