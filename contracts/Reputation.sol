// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import { Addresses, IMarketDirectory, Parameters } from "./interfaces/IMarketDirectory.sol";
import { INITIAL_REPUTATION, IReputation, MAX_REPUTATION } from "./interfaces/IReputation.sol";
import { SettlementMath } from "./libraries/SettlementMath.sol";
import { MarketPart } from "./MarketPart.sol";
import { ParticipantId } from "./types/ParticipantId.sol";
import { Wh } from "./types/Units.sol";

/// @title Reputation
/// @notice Implements {IReputation}, where everything is described.
contract Reputation is IReputation, MarketPart {
    address private immutable _beacon;
    address private immutable _auction;
    address private immutable _supply;
    address private immutable _transfers;
    uint256 private immutable _risePerKWh;
    uint256 private immutable _maxRise;
    uint256 private immutable _defaultFall;
    uint256 private immutable _unopenedFall;

    /// @dev Distance from the initial reputation, so that a newcomer needs no word.
    mapping(ParticipantId => int256) private _change;

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
    function reward(ParticipantId participant, Wh energy) external onlyMarket {
        uint256 rise = (Wh.unwrap(energy) * _risePerKWh) / SettlementMath.WH_PER_KWH;
        if (rise > _maxRise) rise = _maxRise;
        uint256 reputation = reputationOf(participant) + rise;
        _set(participant, reputation > MAX_REPUTATION ? MAX_REPUTATION : reputation);
    }

    /// @inheritdoc IReputation
    function penalizeDefault(ParticipantId participant) external onlyMarket {
        _lower(participant, _defaultFall);
    }

    /// @inheritdoc IReputation
    function penalizeUnopened(ParticipantId participant) external onlyMarket {
        _lower(participant, _unopenedFall);
    }

    /// @inheritdoc IReputation
    function reputationOf(ParticipantId participant) public view returns (uint256) {
        // Between -INITIAL_REPUTATION and MAX_REPUTATION - INITIAL_REPUTATION by `_set`.
        return uint256(int256(INITIAL_REPUTATION) + _change[participant]);
    }

    function _lower(ParticipantId participant, uint256 fall) private {
        uint256 reputation = reputationOf(participant);
        _set(participant, reputation > fall ? reputation - fall : 0);
    }

    function _set(ParticipantId participant, uint256 reputation) private {
        _change[participant] = int256(reputation) - int256(INITIAL_REPUTATION);
        emit ReputationChanged(participant, reputation);
    }
}
