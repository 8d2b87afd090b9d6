// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import { Addresses, IMarketDirectory, Parameters } from "./interfaces/IMarketDirectory.sol";
import { IReputation } from "./interfaces/IReputation.sol";
import { IVault } from "./interfaces/IVault.sol";
import { SettlementMath } from "./libraries/SettlementMath.sol";
import { MarketPart } from "./MarketPart.sol";
import { ParticipantId } from "./types/ParticipantId.sol";
import { Wh } from "./types/Units.sol";

/// @title Reputation
/// @notice Implements {IReputation}, where everything is described.
contract Reputation is IReputation, MarketPart {
    IVault private immutable _vault;
    address private immutable _beacon;
    address private immutable _auction;
    address private immutable _supply;
    address private immutable _transfers;
    uint256 private immutable _risePerKWh;
    uint256 private immutable _maxRise;
    uint256 private immutable _defaultFall;
    uint256 private immutable _unopenedFall;

    modifier onlyMarket() {
        if (msg.sender != _supply && msg.sender != _auction && msg.sender != _transfers && msg.sender != _beacon) {
            revert NotMarket(msg.sender);
        }
        _;
    }

    /// @param directory_ directory of the market
    constructor(IMarketDirectory directory_) MarketPart(directory_) {
        Addresses memory market = directory_.addresses();
        Parameters memory p = directory_.parameters();
        _vault = IVault(market.vault);
        _beacon = market.beacon;
        _auction = market.auction;
        _supply = market.supply;
        _transfers = market.transfers;
        _risePerKWh = p.reputationPerKWh;
        _maxRise = p.maxReputationRise;
        _defaultFall = p.defaultReputationFall;
        _unopenedFall = p.unopenedReputationFall;
    }

    /// @inheritdoc IReputation
    function reward(ParticipantId one, ParticipantId other, Wh energy) external onlyMarket {
        int256 rise = int256(SettlementMath.reputationRise(energy, _risePerKWh, _maxRise));
        _vault.changeReputation(one, rise);
        _vault.changeReputation(other, rise);
    }

    /// @inheritdoc IReputation
    function penalizeDefault(ParticipantId participant) external onlyMarket {
        _vault.changeReputation(participant, -int256(_defaultFall));
    }

    /// @inheritdoc IReputation
    function penalizeUnopened(ParticipantId participant) external onlyMarket {
        _vault.changeReputation(participant, -int256(_unopenedFall));
    }

    /// @inheritdoc IReputation
    function reputationOf(ParticipantId participant) external view returns (uint256) {
        return _vault.reputationOf(participant);
    }
}
