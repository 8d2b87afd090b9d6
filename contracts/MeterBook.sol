// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import { ECDSA } from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import { EIP712 } from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

import { IGridTariff } from "./interfaces/IGridTariff.sol";
import { IIdentityRegistry, Role } from "./interfaces/IIdentityRegistry.sol";
import { Addresses, IMarketDirectory } from "./interfaces/IMarketDirectory.sol";
import { Delivery, IMeterBook, MeterState, Reading, Site } from "./interfaces/IMeterBook.sol";
import { ISupplyBook } from "./interfaces/ISupplyBook.sol";
import { IVault } from "./interfaces/IVault.sol";
import { SettlementMath } from "./libraries/SettlementMath.sol";
import { StructHash } from "./libraries/StructHash.sol";
import { MarketPart } from "./MarketPart.sol";
import { SlotClock } from "./SlotClock.sol";
import { DeliveryLibrary, DeliveryWord } from "./types/DeliveryWord.sol";
import { MeterWord } from "./types/MeterWord.sol";
import { ParticipantId } from "./types/ParticipantId.sol";
import { SlotId } from "./types/SlotId.sol";
import { ContractId, Price, Wh } from "./types/Units.sol";

/// @title MeterBook
/// @notice Implements {IMeterBook}, where everything is described.
contract MeterBook is IMeterBook, MarketPart, SlotClock, EIP712 {
    /// @dev A data centre's site and its meter: two words next to each other, so that one hash finds both.
    struct Plant {
        Site site;
        MeterWord meter;
    }

    bytes32 private constant SITE_TYPEHASH = keccak256(
        "Site(uint32 dataCentre,uint32 meter,uint32 gridOperator,uint32 networkOperator,uint32 pvLimitWh,uint32 esdLimitWh,uint32 gridLimitWh,uint32 version)"
    );
    bytes32 private constant DELIVERY_TYPEHASH = keccak256(
        "Delivery(uint40 contractId,uint40 coreSeconds,uint32 pv,uint32 esd,uint32 grid)"
    );
    uint256 private constant DELIVERY_SIZE = 5 * 32;
    /// @dev All members of a reading but the deliveries.
    uint256 private constant READING_VALUES_SIZE = 9 * 32;
    bytes32 private constant READING_TYPEHASH = keccak256(
        "Reading(uint32 dataCentre,uint32 slot,uint8 part,bool last,uint32 pv,uint32 esdIn,uint32 esdOut,uint32 gridImport,uint32 gridExport,Delivery[] deliveries)Delivery(uint40 contractId,uint40 coreSeconds,uint32 pv,uint32 esd,uint32 grid)"
    );

    IIdentityRegistry private immutable _identities;
    IVault private immutable _vault;
    IGridTariff private immutable _tariff;
    ISupplyBook private immutable _supply;
    uint256 private immutable _lateReadingSlots;

    mapping(ParticipantId dataCentre => Plant) private _plants;

    /// @param directory_ directory of the market
    constructor(
        IMarketDirectory directory_
    ) MarketPart(directory_) SlotClock(directory_.parameters()) EIP712("heliomarket meters", "1") {
        Addresses memory market = directory_.addresses();
        _identities = IIdentityRegistry(market.identities);
        _vault = IVault(market.vault);
        _tariff = IGridTariff(market.tariff);
        _supply = ISupplyBook(market.supply);
        _lateReadingSlots = directory_.parameters().lateReadingSlots;
    }

    // ---------------------------------------------------------------- data centres

    /// @inheritdoc IMeterBook
    function commission(Site calldata site, bytes calldata registrarSignature) external {
        ParticipantId dataCentre = ParticipantId.wrap(site.dataCentre);
        ParticipantId caller = _identities.requireActive(msg.sender, Role.DataCentre);
        if (caller != dataCentre) revert NotTheDataCentre(caller, dataCentre);
        bytes32 digest = _hashTypedDataV4(keccak256(abi.encode(SITE_TYPEHASH, site)));
        _identities.requireRegistrar(ECDSA.recover(digest, registrarSignature));
        Plant storage plant = _plants[dataCentre];
        uint32 expected = plant.site.version + 1;
        if (site.version != expected) revert WrongVersion(dataCentre, site.version, expected);
        ParticipantId gridOperator = ParticipantId.wrap(site.gridOperator);
        _identities.requireRole(ParticipantId.wrap(site.meter), Role.Meter);
        _identities.requireRole(gridOperator, Role.GridOperator);
        _identities.requireRole(ParticipantId.wrap(site.networkOperator), Role.NetworkOperator);
        MeterWord meter = plant.meter;
        SlotId next = expected == 1 ? currentSlot() : meter.nextSlot();
        // A price that holds in the next slot to be read holds or is replaced from then on: no reading can lack one.
        _tariff.pricesAt(gridOperator, _nextReadable(next, currentSlot()));
        int256 tab = meter.tab();
        if (tab != 0 && plant.site.gridOperator != site.gridOperator) revert TabOpen(dataCentre, tab);

        plant.meter = meter.withNext(next, meter.nextPart());
        plant.site = site;
        emit SiteCommissioned(dataCentre, site);
    }

    /// @inheritdoc IMeterBook
    function submit(Reading calldata reading, bytes calldata meterSignature) external {
        ParticipantId dataCentre = ParticipantId.wrap(reading.dataCentre);
        SlotId slot = SlotId.wrap(reading.slot);
        uint256 part = reading.part;
        Plant storage plant = _plants[dataCentre];
        Site memory site = plant.site;
        if (site.meter == 0) revert NotCommissioned(dataCentre);
        Delivery[] calldata delivered = reading.deliveries;
        _checkSigner(reading, delivered, meterSignature, ParticipantId.wrap(site.meter));
        MeterWord meter = plant.meter;
        _checkTurn(reading, dataCentre, slot, part, meter);

        int256 owed;
        if (part == 0) (meter, owed) = _takeTotals(reading, dataCentre, slot, site, meter);
        else emit ReadingContinued(dataCentre, slot, uint8(part));
        DeliveryWord[] memory deliveries;
        (meter, deliveries) = _useEnergy(delivered, meter);
        meter = _nextTurn(reading.last, slot, part, meter);
        plant.meter = meter;
        if (owed != 0) emit TabChanged(dataCentre, meter.tab());

        if (deliveries.length != 0) {
            _supply.deliver(dataCentre, slot, deliveries);
            meter = plant.meter;
        }
        // After the deliveries, so that arrears are taken from this slot's income first.
        if (meter.tab() != 0) _settleTab(plant, dataCentre, ParticipantId.wrap(site.gridOperator), meter);
    }

    /// @inheritdoc IMeterBook
    function settleTab(ParticipantId dataCentre) external {
        Plant storage plant = _plants[dataCentre];
        MeterWord meter = plant.meter;
        if (meter.tab() == 0) return;
        _settleTab(plant, dataCentre, ParticipantId.wrap(plant.site.gridOperator), meter);
    }

    // ---------------------------------------------------------------- views

    /// @inheritdoc IMeterBook
    function requireOfferable(ParticipantId dataCentre) external view {
        MeterWord meter = _plants[dataCentre].meter;
        if (!meter.commissioned()) revert NotCommissioned(dataCentre);
        if (meter.tab() > 0) revert InArrears(dataCentre, uint256(meter.tab()));
        if (meter.nextSlot() < currentSlot()) revert ReadingOutstanding(dataCentre, meter.nextSlot());
    }

    /// @inheritdoc IMeterBook
    function isFinal(ParticipantId dataCentre, SlotId slot) external view returns (bool) {
        return
            _plants[dataCentre].meter.nextSlot() > slot ||
            SlotId.unwrap(currentSlot()) > SlotId.unwrap(slot) + _lateReadingSlots;
    }

    /// @inheritdoc IMeterBook
    function siteOf(ParticipantId dataCentre) external view returns (Site memory) {
        return _plants[dataCentre].site;
    }

    /// @inheritdoc IMeterBook
    function stateOf(ParticipantId dataCentre) external view returns (MeterState memory) {
        MeterWord meter = _plants[dataCentre].meter;
        return
            MeterState({
                nextSlot: meter.nextSlot(),
                nextPart: uint8(meter.nextPart()),
                pvLeft: Wh.wrap(uint32(meter.pvLeft())),
                esdLeft: Wh.wrap(uint32(meter.esdLeft())),
                gridLeft: Wh.wrap(uint32(meter.gridLeft())),
                tab: meter.tab()
            });
    }

    // ---------------------------------------------------------------- internals

    function _checkSigner(
        Reading calldata reading,
        Delivery[] calldata deliveries,
        bytes calldata signature,
        ParticipantId meter
    ) private view {
        bytes32 digest = _hashTypedDataV4(_hashReading(reading, deliveries));
        address signer = ECDSA.recover(digest, signature);
        // Reverts for a meter that is unknown, revoked or expired.
        if (_identities.requireActive(signer, Role.Meter) != meter) revert WrongMeter(signer, meter);
    }

    function _hashReading(Reading calldata reading, Delivery[] calldata deliveries) private pure returns (bytes32) {
        uint256 start;
        uint256 items;
        assembly ("memory-safe") {
            start := reading
            items := deliveries.offset
        }
        bytes32 hashed = StructHash.hashItems(DELIVERY_TYPEHASH, items, deliveries.length, DELIVERY_SIZE);
        return StructHash.hashStruct(READING_TYPEHASH, start, READING_VALUES_SIZE, hashed);
    }

    /// @dev The slot of the next reading: `next`, or the oldest one that is not too late.
    function _nextReadable(SlotId next, SlotId current) private view returns (SlotId) {
        uint256 late = _lateReadingSlots;
        uint256 slot = SlotId.unwrap(current);
        unchecked {
            return slot > SlotId.unwrap(next) + late ? SlotId.wrap(uint32(slot - late)) : next;
        }
    }

    /// @dev Readings come in the order of their slots. Slots that are too late to be read are left out, and that is noted.
    function _checkTurn(
        Reading calldata reading,
        ParticipantId dataCentre,
        SlotId slot,
        uint256 part,
        MeterWord meter
    ) private {
        SlotId current = currentSlot();
        if (slot >= current) revert SlotNotOver(slot, current);
        SlotId next = meter.nextSlot();
        SlotId expected = _nextReadable(next, current);
        if (slot != expected) revert WrongSlot(slot, expected);
        uint256 expectedPart = meter.nextPart();
        if (expected != next) {
            emit ReadingsMissed(dataCentre, next, SlotId.wrap(SlotId.unwrap(expected) - 1));
            expectedPart = 0;
        }
        if (part != expectedPart) revert WrongPart(uint8(part), uint8(expectedPart));
        if (part != 0 && (reading.pv | reading.esdIn | reading.esdOut | reading.gridImport | reading.gridExport) != 0)
            revert TotalsInLaterPart(uint8(part));
    }

    /// @dev What the meter's word is to say of the next reading.
    function _nextTurn(bool last, SlotId slot, uint256 part, MeterWord meter) private pure returns (MeterWord) {
        unchecked {
            if (last) return meter.withNext(SlotId.wrap(SlotId.unwrap(slot) + 1), 0); // it is over
            // A part 255 that is not the last would make the next part 0, and its totals be counted again.
            if (part == type(uint8).max) revert WrongPart(uint8(part), uint8(part - 1));
            return meter.withNext(slot, part + 1);
        }
    }

    /// @dev Takes the totals of a slot, which its first part carries.
    /// @return meter with what the slot has left, and what is owed added to the tab
    /// @return owed what the data centre owes the grid for the slot, micro-yuan; below 0 if the grid owes it
    function _takeTotals(
        Reading calldata reading,
        ParticipantId dataCentre,
        SlotId slot,
        Site memory site,
        MeterWord before
    ) private returns (MeterWord meter, int256 owed) {
        uint32 pv = reading.pv;
        uint32 esdIn = reading.esdIn;
        uint32 esdOut = reading.esdOut;
        uint32 gridImport = reading.gridImport;
        uint32 gridExport = reading.gridExport;
        _within("pv", pv, site.pvLimitWh);
        _within("esdIn", esdIn, site.esdLimitWh);
        _within("esdOut", esdOut, site.esdLimitWh);
        _within("gridImport", gridImport, site.gridLimitWh);
        _within("gridExport", gridExport, site.gridLimitWh);
        emit ReadingTaken(dataCentre, slot, pv, esdIn, esdOut, gridImport, gridExport);
        unchecked {
            uint256 used = uint256(esdIn) + gridExport;
            if (used > pv) revert Unbalanced("pv", used, pv);
            owed = _priceOf(ParticipantId.wrap(site.gridOperator), slot, gridImport, gridExport);
            meter = before.withEnergy(pv - used, esdOut, gridImport, 0).withTab(before.tab() + owed);
        }
    }

    /// @dev What the data centre owes the grid for the slot, micro-yuan; below 0 if the grid owes it.
    function _priceOf(
        ParticipantId gridOperator,
        SlotId slot,
        uint32 gridImport,
        uint32 gridExport
    ) private view returns (int256) {
        if (gridImport | gridExport == 0) return 0;
        (Price importPrice, Price feedInPrice) = _tariff.pricesAt(gridOperator, slot);
        unchecked {
            // Neither has more than 64 bits.
            return
                int256(SettlementMath.amountDown(Wh.wrap(gridImport), importPrice)) -
                int256(SettlementMath.amountDown(Wh.wrap(gridExport), feedInPrice));
        }
    }

    /// @dev Deducts the deliveries' energy from what the slot has left.
    /// @return meter with what is left after them
    /// @return words the deliveries, packed for the supply book
    function _useEnergy(
        Delivery[] calldata deliveries,
        MeterWord before
    ) private pure returns (MeterWord meter, DeliveryWord[] memory words) {
        if (deliveries.length == 0) return (before, words);
        uint256 pv;
        uint256 esd;
        uint256 grid;
        words = new DeliveryWord[](deliveries.length);
        uint256 last = before.lastContract();
        for (uint256 i; i < deliveries.length; ++i) {
            DeliveryWord delivery = DeliveryLibrary.pack(deliveries[i]);
            uint256 contractId = ContractId.unwrap(delivery.contractId());
            if (contractId <= last) revert NotAscending(delivery.contractId(), ContractId.wrap(uint40(last)));
            last = contractId;
            unchecked {
                // No block has room for 2^224 deliveries.
                pv += delivery.pv();
                esd += delivery.esd();
                grid += delivery.grid();
            }
            words[i] = delivery;
        }
        meter = before.withEnergy(
            _left("pv", pv, before.pvLeft()),
            _left("esd", esd, before.esdLeft()),
            _left("grid", grid, before.gridLeft()),
            last
        );
    }

    /// @dev What is left of a source's energy.
    function _left(bytes32 source, uint256 used, uint256 there) private pure returns (uint256) {
        if (used > there) revert Unbalanced(source, used, there);
        unchecked {
            return there - used;
        }
    }

    /// @dev The account of one or the other is credited at once; the tab is reduced by what was there. The vault calls nobody.
    function _settleTab(
        Plant storage plant,
        ParticipantId dataCentre,
        ParticipantId gridOperator,
        MeterWord meter
    ) private {
        int256 tab = meter.tab();
        int256 left =
            tab > 0
                ? tab - int256(_vault.payAvailable(dataCentre, gridOperator, uint256(tab)))
                : tab + int256(_vault.payAvailable(gridOperator, dataCentre, uint256(-tab)));
        if (left == tab) return;
        plant.meter = meter.withTab(left);
        emit TabChanged(dataCentre, left);
    }

    function _within(bytes32 quantity, uint256 value, uint256 limit) private pure {
        if (value > limit) revert BeyondPlant(quantity, value, limit);
    }
}
