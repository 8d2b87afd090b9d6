// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import { ParticipantId } from "../types/ParticipantId.sol";
import { SlotId } from "../types/SlotId.sol";
import { ContractId, Wh } from "../types/Units.sol";

/// @notice What the registrar signs (EIP-712) about a data centre's plant: who meters it, which grid and network it is
/// connected to, and what it can do in a slot at most. The limits bound the damage of a stolen meter key.
struct Site {
    uint32 dataCentre;
    /// @dev The meter whose wallet signs the readings.
    uint32 meter;
    uint32 gridOperator;
    /// @dev Who is paid the network fee of orders that the data centre hands over.
    uint32 networkOperator;
    /// @dev Most that the PV panels can produce in a slot, Wh.
    uint32 pvLimitWh;
    /// @dev Most that the ESD can take or give in a slot, Wh.
    uint32 esdLimitWh;
    /// @dev Most that the grid connection can carry in a slot, Wh.
    uint32 gridLimitWh;
    /// @dev Number of this site's latest commissioning; the next one carries one more.
    uint32 version;
}

/// @notice What a meter attests for one supply contract and slot.
struct Delivery {
    uint40 contractId;
    uint40 coreSeconds;
    /// @dev Energy from the PV panels, Wh.
    uint32 pv;
    /// @dev Energy from the ESD, Wh.
    uint32 esd;
    /// @dev Energy from the grid, Wh.
    uint32 grid;
}

/// @notice What a meter signs (EIP-712) once per data centre and slot. A reading of very many contracts comes in parts:
/// the first carries the totals of the slot, the others only deliveries.
struct Reading {
    uint32 dataCentre;
    uint32 slot;
    /// @dev Number of this part, from 0.
    uint8 part;
    /// @dev Whether no part follows.
    bool last;
    /// @dev PV energy produced, Wh.
    uint32 pv;
    /// @dev Energy into the ESD, Wh; from the PV panels only.
    uint32 esdIn;
    /// @dev Energy out of the ESD, Wh.
    uint32 esdOut;
    /// @dev Energy bought from the grid, Wh.
    uint32 gridImport;
    /// @dev PV energy sold to the grid, Wh.
    uint32 gridExport;
    Delivery[] deliveries;
}

/// @notice How far a data centre's readings have come.
struct MeterState {
    /// @dev Slot of the next reading.
    SlotId nextSlot;
    /// @dev Part of the next reading.
    uint8 nextPart;
    /// @dev What the parts so far left of the slot's energy, Wh: while parts are to come, theirs; then the data centre's own.
    Wh pvLeft;
    Wh esdLeft;
    Wh gridLeft;
    /// @dev Above 0: arrears of the data centre to the grid; below 0: what the grid owes it. Micro-yuan.
    int256 tab;
}

/// @title IMeterBook
/// @notice Takes one signed reading per data centre and slot, pays deliveries through the supply contracts, and keeps the
/// tab between data centre and grid.
///
/// A reading balances if the PV energy covers what goes into the ESD, what is exported and what the contracts had from PV;
/// if the ESD's output covers what they had from the ESD; and the import what they had from the grid. What is
/// left of each is the data centre's own load.
interface IMeterBook {
    /// @notice A data centre's plant was registered, or registered anew.
    event SiteCommissioned(ParticipantId indexed dataCentre, Site site);

    /// @notice A slot's totals were read.
    event ReadingTaken(
        ParticipantId indexed dataCentre,
        SlotId indexed slot,
        uint32 pv,
        uint32 esdIn,
        uint32 esdOut,
        uint32 gridImport,
        uint32 gridExport
    );

    /// @notice A further part of a slot's reading was taken.
    event ReadingContinued(ParticipantId indexed dataCentre, SlotId indexed slot, uint8 part);

    /// @notice No reading came for these slots while it could; what was consumed in them stays unpaid.
    event ReadingsMissed(ParticipantId indexed dataCentre, SlotId fromSlot, SlotId toSlot);

    /// @notice The tab between a data centre and its grid changed; above 0 it is the data centre that owes. Micro-yuan.
    event TabChanged(ParticipantId indexed dataCentre, int256 tab);

    /// @notice The site's version is not the one that follows the latest.
    error WrongVersion(ParticipantId dataCentre, uint32 version, uint32 expected);

    /// @notice The message is about another data centre than the caller's.
    error NotTheDataCentre(ParticipantId caller, ParticipantId dataCentre);

    /// @notice The data centre has no site.
    error NotCommissioned(ParticipantId dataCentre);

    /// @notice The grid operator cannot be changed while one owes the other; settle the tab first.
    error TabOpen(ParticipantId dataCentre, int256 tab);

    /// @notice The reading is not signed by the data centre's meter; a foreign chain, contract or content recovers
    /// a random signer.
    error WrongMeter(address signer, ParticipantId meter);

    /// @notice The slot that was read has not ended.
    error SlotNotOver(SlotId slot, SlotId currentSlot);

    /// @notice The reading is not the next one: it came already, too late, or before an earlier one that can still come.
    error WrongSlot(SlotId slot, SlotId expected);

    /// @notice The part of the reading is not the next one.
    error WrongPart(uint8 part, uint8 expected);

    /// @notice A part after the first carries totals.
    error TotalsInLaterPart(uint8 part);

    /// @notice The reading exceeds what the plant can do in a slot.
    error BeyondPlant(bytes32 quantity, uint256 value, uint256 limit);

    /// @notice The reading uses more energy than it has.
    /// @param source "pv", "esd" or "grid"
    error Unbalanced(bytes32 source, uint256 used, uint256 there);

    /// @notice The deliveries of a slot name each contract once, in ascending order over all parts.
    error NotAscending(ContractId contractId, ContractId previous);

    /// @notice The data centre owes the grid money and can make no new offer.
    error InArrears(ParticipantId dataCentre, uint256 arrears);

    /// @notice The data centre cannot make a new offer before this slot's reading has come.
    error ReadingOutstanding(ParticipantId dataCentre, SlotId slot);

    /// @notice Registers the caller's plant. Its first reading is of the current slot.
    /// @param site names the caller
    /// @param registrarSignature 65-byte signature of the EIP-712 struct `Site` by a holder of `REGISTRAR_ROLE`
    function commission(Site calldata site, bytes calldata registrarSignature) external;

    /// @notice Takes a reading. Anyone may send it.
    /// @param reading its slot is over
    /// @param meterSignature 65-byte signature of the EIP-712 struct `Reading` by the wallet of the data centre's meter
    function submit(Reading calldata reading, bytes calldata meterSignature) external;

    /// @notice Moves what the data centre or its grid owes, as far as the debtor has it available. Anyone may call.
    function settleTab(ParticipantId dataCentre) external;

    /// @notice Reverts unless the data centre has a site, no arrears and no reading outstanding.
    function requireOfferable(ParticipantId dataCentre) external view;

    /// @notice Whether no delivery of the data centre for `slot` can come any more.
    function isFinal(ParticipantId dataCentre, SlotId slot) external view returns (bool);

    /// @notice The data centre's plant.
    function siteOf(ParticipantId dataCentre) external view returns (Site memory);

    /// @notice How far the data centre's readings have come.
    function stateOf(ParticipantId dataCentre) external view returns (MeterState memory);
}
