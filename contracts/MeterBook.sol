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
import { ParticipantId } from "./types/ParticipantId.sol";
import { SlotId } from "./types/SlotId.sol";
import { ContractId, Price, Wh } from "./types/Units.sol";

/// @title MeterBook
/// @notice Implements {IMeterBook}, where everything is described.
contract MeterBook is IMeterBook, MarketPart, SlotClock, EIP712 {
    /// @dev One word per data centre. A slot adds less than 2^55 micro-yuan to the tab, which holds 2^16 such slots.
    struct Meter {
        uint32 nextSlot;
        uint8 nextPart;
        uint32 pvLeft;
        uint32 esdLeft;
        uint32 gridLeft;
        uint40 lastContract;
        int72 tab;
        bool commissioned;
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

    mapping(ParticipantId dataCentre => Site) private _sites;
    mapping(ParticipantId dataCentre => Meter) private _meters;

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
        uint32 expected = _sites[dataCentre].version + 1;
        if (site.version != expected) revert WrongVersion(dataCentre, site.version, expected);
        ParticipantId gridOperator = ParticipantId.wrap(site.gridOperator);
        _identities.requireRole(ParticipantId.wrap(site.meter), Role.Meter);
        _identities.requireRole(gridOperator, Role.GridOperator);
        _identities.requireRole(ParticipantId.wrap(site.networkOperator), Role.NetworkOperator);
        uint32 next = expected == 1 ? SlotId.unwrap(currentSlot()) : _meters[dataCentre].nextSlot;
        // A price that holds in the next slot to be read holds or is replaced from then on: no reading can lack one.
        _tariff.pricesAt(gridOperator, SlotId.wrap(uint32(_nextReadable(next))));
        int256 tab = _meters[dataCentre].tab;
        if (tab != 0 && _sites[dataCentre].gridOperator != site.gridOperator) revert TabOpen(dataCentre, tab);

        _meters[dataCentre].nextSlot = next;
        _meters[dataCentre].commissioned = true;
        _sites[dataCentre] = site;
        emit SiteCommissioned(dataCentre, site);
    }

    /// @inheritdoc IMeterBook
    function submit(Reading calldata reading, bytes calldata meterSignature) external {
        ParticipantId dataCentre = ParticipantId.wrap(reading.dataCentre);
        Site memory site = _sites[dataCentre];
        ParticipantId meterId = ParticipantId.wrap(site.meter);
        if (ParticipantId.unwrap(meterId) == 0) revert NotCommissioned(dataCentre);
        _checkSigner(reading, meterSignature, meterId);
        Meter memory meter = _meters[dataCentre];
        _checkTurn(reading, meter);

        int256 owed;
        if (reading.part == 0) {
            _checkPlant(reading, site);
            unchecked {
                // `_checkPlant` made sure that neither is negative.
                meter.pvLeft = reading.pv - reading.esdIn - reading.gridExport;
            }
            meter.esdLeft = reading.esdOut;
            meter.gridLeft = reading.gridImport;
            meter.lastContract = 0;
            owed = _priceOf(ParticipantId.wrap(site.gridOperator), reading);
        }
        DeliveryWord[] memory deliveries = _useEnergy(reading.deliveries, meter);
        meter.tab = int72(meter.tab + owed);
        meter.nextSlot = reading.slot + (reading.last ? 1 : 0);
        unchecked {
            // A part 255 that is not the last would make the next part 0, and its totals be counted again.
            if (!reading.last && reading.part == type(uint8).max) revert WrongPart(reading.part, reading.part - 1);
            meter.nextPart = reading.last ? 0 : reading.part + 1;
        }
        _meters[dataCentre] = meter;
        if (reading.part == 0) {
            emit ReadingTaken(
                dataCentre,
                SlotId.wrap(reading.slot),
                reading.pv,
                reading.esdIn,
                reading.esdOut,
                reading.gridImport,
                reading.gridExport
            );
        } else {
            emit ReadingContinued(dataCentre, SlotId.wrap(reading.slot), reading.part);
        }
        if (owed != 0) emit TabChanged(dataCentre, meter.tab);

        if (reading.deliveries.length != 0) {
            _supply.deliver(dataCentre, SlotId.wrap(reading.slot), deliveries);
        }
        // After the deliveries, so that arrears are taken from this slot's income first.
        settleTab(dataCentre);
    }

    /// @inheritdoc IMeterBook
    function settleTab(ParticipantId dataCentre) public {
        int256 tab = _meters[dataCentre].tab;
        if (tab == 0) return;
        ParticipantId gridOperator = ParticipantId.wrap(_sites[dataCentre].gridOperator);
        // The account of one or the other is credited at once; the tab is reduced by what was there. The vault calls nobody.
        int256 left =
            tab > 0
                ? tab - int256(_vault.payAvailable(dataCentre, gridOperator, uint256(tab)))
                : tab + int256(_vault.payAvailable(gridOperator, dataCentre, uint256(-tab)));
        if (left == tab) return;
        _meters[dataCentre].tab = int72(left);
        emit TabChanged(dataCentre, left);
    }

    // ---------------------------------------------------------------- views

    /// @inheritdoc IMeterBook
    function requireOfferable(ParticipantId dataCentre) external view {
        Meter storage meter = _meters[dataCentre];
        if (!meter.commissioned) revert NotCommissioned(dataCentre);
        if (meter.tab > 0) revert InArrears(dataCentre, uint256(int256(meter.tab)));
        if (meter.nextSlot < SlotId.unwrap(currentSlot())) {
            revert ReadingOutstanding(dataCentre, SlotId.wrap(meter.nextSlot));
        }
    }

    /// @inheritdoc IMeterBook
    function isFinal(ParticipantId dataCentre, SlotId slot) external view returns (bool) {
        return
            _meters[dataCentre].nextSlot > SlotId.unwrap(slot) ||
            SlotId.unwrap(currentSlot()) > SlotId.unwrap(slot) + _lateReadingSlots;
    }

    /// @inheritdoc IMeterBook
    function siteOf(ParticipantId dataCentre) external view returns (Site memory) {
        return _sites[dataCentre];
    }

    /// @inheritdoc IMeterBook
    function stateOf(ParticipantId dataCentre) external view returns (MeterState memory) {
        Meter memory meter = _meters[dataCentre];
        return
            MeterState({
                nextSlot: SlotId.wrap(meter.nextSlot),
                nextPart: meter.nextPart,
                pvLeft: Wh.wrap(meter.pvLeft),
                esdLeft: Wh.wrap(meter.esdLeft),
                gridLeft: Wh.wrap(meter.gridLeft),
                tab: meter.tab
            });
    }

    // ---------------------------------------------------------------- internals

    function _checkSigner(Reading calldata reading, bytes calldata signature, ParticipantId meter) private view {
        bytes32 digest = _hashTypedDataV4(_hashReading(reading));
        address signer = ECDSA.recover(digest, signature);
        // Reverts for a meter that is unknown, revoked or expired.
        if (_identities.requireActive(signer, Role.Meter) != meter) revert WrongMeter(signer, meter);
    }

    function _hashReading(Reading calldata reading) private pure returns (bytes32) {
        Delivery[] calldata deliveries = reading.deliveries;
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
    function _nextReadable(uint256 next) private view returns (uint256) {
        uint256 current = SlotId.unwrap(currentSlot());
        uint256 oldest = current > _lateReadingSlots ? current - _lateReadingSlots : 0;
        return next < oldest ? oldest : next;
    }

    /// @dev Readings come in the order of their slots. Slots that are too late to be read are left out, and that is noted.
    function _checkTurn(Reading calldata reading, Meter memory meter) private {
        uint256 current = SlotId.unwrap(currentSlot());
        if (reading.slot >= current) revert SlotNotOver(SlotId.wrap(reading.slot), SlotId.wrap(uint32(current)));
        uint256 expected = _nextReadable(meter.nextSlot);
        if (reading.slot != expected) revert WrongSlot(SlotId.wrap(reading.slot), SlotId.wrap(uint32(expected)));
        if (expected != meter.nextSlot) {
            emit ReadingsMissed(
                ParticipantId.wrap(reading.dataCentre),
                SlotId.wrap(meter.nextSlot),
                SlotId.wrap(uint32(expected - 1))
            );
            meter.nextPart = 0;
        }
        if (reading.part != meter.nextPart) revert WrongPart(reading.part, meter.nextPart);
        if (
            reading.part != 0 &&
            (reading.pv | reading.esdIn | reading.esdOut | reading.gridImport | reading.gridExport) != 0
        ) revert TotalsInLaterPart(reading.part);
    }

    function _checkPlant(Reading calldata reading, Site memory site) private pure {
        _within("pv", reading.pv, site.pvLimitWh);
        _within("esdIn", reading.esdIn, site.esdLimitWh);
        _within("esdOut", reading.esdOut, site.esdLimitWh);
        _within("gridImport", reading.gridImport, site.gridLimitWh);
        _within("gridExport", reading.gridExport, site.gridLimitWh);
        uint256 used = uint256(reading.esdIn) + reading.gridExport;
        if (used > reading.pv) revert Unbalanced("pv", used, reading.pv);
    }

    /// @dev What the data centre owes the grid for the slot, micro-yuan; below 0 if the grid owes it.
    function _priceOf(ParticipantId gridOperator, Reading calldata reading) private view returns (int256) {
        if (reading.gridImport | reading.gridExport == 0) return 0;
        (Price importPrice, Price feedInPrice) = _tariff.pricesAt(gridOperator, SlotId.wrap(reading.slot));
        return
            int256(SettlementMath.amountDown(Wh.wrap(reading.gridImport), importPrice)) -
            int256(SettlementMath.amountDown(Wh.wrap(reading.gridExport), feedInPrice));
    }

    /// @dev Deducts the deliveries' energy from what the slot has left.
    /// @return words the deliveries, packed for the supply book
    function _useEnergy(
        Delivery[] calldata deliveries,
        Meter memory meter
    ) private pure returns (DeliveryWord[] memory words) {
        uint256 pv;
        uint256 esd;
        uint256 grid;
        words = new DeliveryWord[](deliveries.length);
        uint40 last = meter.lastContract;
        for (uint256 i; i < deliveries.length; ++i) {
            DeliveryWord delivery = DeliveryLibrary.pack(deliveries[i]);
            ContractId contractId = delivery.contractId();
            if (ContractId.unwrap(contractId) <= last) revert NotAscending(contractId, ContractId.wrap(last));
            last = ContractId.unwrap(contractId);
            unchecked {
                // No block has room for 2^224 deliveries.
                pv += delivery.pv();
                esd += delivery.esd();
                grid += delivery.grid();
            }
            words[i] = delivery;
        }
        meter.lastContract = last;
        if (pv > meter.pvLeft) revert Unbalanced("pv", pv, meter.pvLeft);
        if (esd > meter.esdLeft) revert Unbalanced("esd", esd, meter.esdLeft);
        if (grid > meter.gridLeft) revert Unbalanced("grid", grid, meter.gridLeft);
        unchecked {
            // Each is at most what is left, which has 32 bits.
            meter.pvLeft -= uint32(pv);
            meter.esdLeft -= uint32(esd);
            meter.gridLeft -= uint32(grid);
        }
    }

    function _within(bytes32 quantity, uint256 value, uint256 limit) private pure {
        if (value > limit) revert BeyondPlant(quantity, value, limit);
    }
}
