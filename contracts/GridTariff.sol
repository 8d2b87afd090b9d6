// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import { Checkpoints } from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";

import { IGridTariff } from "./interfaces/IGridTariff.sol";
import { IIdentityRegistry, Role } from "./interfaces/IIdentityRegistry.sol";
import { IMarketDirectory } from "./interfaces/IMarketDirectory.sol";
import { MarketPart } from "./MarketPart.sol";
import { SlotClock } from "./SlotClock.sol";
import { ParticipantId } from "./types/ParticipantId.sol";
import { SlotId } from "./types/SlotId.sol";
import { Price } from "./types/Units.sol";

/// @title GridTariff
/// @notice Implements {IGridTariff}, where everything is described.
contract GridTariff is IGridTariff, MarketPart, SlotClock {
    using Checkpoints for Checkpoints.Trace224;

    /// @dev Marks a checkpoint as set, so that prices of zero are prices too.
    uint224 private constant ANNOUNCED = 1 << 64;

    IIdentityRegistry private immutable _identities;

    mapping(ParticipantId gridOperator => Checkpoints.Trace224) private _tariffs;

    /// @param directory_ directory of the market
    constructor(IMarketDirectory directory_) MarketPart(directory_) SlotClock(directory_.parameters()) {
        _identities = IIdentityRegistry(directory_.addresses().identities);
    }

    /// @inheritdoc IGridTariff
    function announce(SlotId fromSlot, Price importPrice, Price feedInPrice) external {
        ParticipantId operator = _identities.requireActive(msg.sender, Role.GridOperator);
        SlotId current = currentSlot();
        if (fromSlot <= current) revert SlotHasBegun(fromSlot, current);
        if (Price.unwrap(feedInPrice) > Price.unwrap(importPrice)) revert FeedInAboveImport(importPrice, feedInPrice);
        Checkpoints.Trace224 storage tariff = _tariffs[operator];
        (bool exists, uint32 latest, ) = tariff.latestCheckpoint();
        if (exists && SlotId.wrap(latest) > fromSlot) revert LaterTariffExists(fromSlot, SlotId.wrap(latest));

        tariff.push(
            SlotId.unwrap(fromSlot),
            ANNOUNCED | (uint224(Price.unwrap(importPrice)) << 32) | Price.unwrap(feedInPrice)
        );
        emit TariffAnnounced(operator, fromSlot, importPrice, feedInPrice);
    }

    /// @inheritdoc IGridTariff
    function pricesAt(
        ParticipantId gridOperator,
        SlotId slot
    ) external view returns (Price importPrice, Price feedInPrice) {
        uint224 prices = _tariffs[gridOperator].upperLookupRecent(SlotId.unwrap(slot));
        if (prices == 0) revert NoTariff(gridOperator, slot);
        importPrice = Price.wrap(uint32(prices >> 32));
        feedInPrice = Price.wrap(uint32(prices));
    }
}
