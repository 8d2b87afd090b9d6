// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import { ParticipantId } from "../types/ParticipantId.sol";
import { SlotId } from "../types/SlotId.sol";
import { Price } from "../types/Units.sol";

/// @title IGridTariff
/// @notice A microgrid's import price (what a data centre pays for energy from the grid) and feed-in price (what it gets
/// for energy that it exports), per slot and grid operator. A price holds from its first slot until the next price;
/// once a slot has begun its prices never change.
interface IGridTariff {
    /// @notice The prices of an operator's microgrid from `fromSlot` on.
    event TariffAnnounced(
        ParticipantId indexed gridOperator,
        SlotId indexed fromSlot,
        Price importPrice,
        Price feedInPrice
    );

    /// @notice Prices can be announced for slots that have not begun, in the order of the slots.
    error SlotHasBegun(SlotId slot, SlotId currentSlot);

    /// @notice A later slot's prices are announced already; announce in the order of the slots.
    error LaterTariffExists(SlotId slot, SlotId laterSlot);

    /// @notice The feed-in price exceeds the import price, so that energy could be carried round for money.
    error FeedInAboveImport(Price importPrice, Price feedInPrice);

    /// @notice No price of this operator's microgrid holds in the slot.
    error NoTariff(ParticipantId gridOperator, SlotId slot);

    /// @notice Announces the prices of the caller's microgrid from `fromSlot` on; again for the same slot replaces them.
    /// Caller: an active grid operator.
    function announce(SlotId fromSlot, Price importPrice, Price feedInPrice) external;

    /// @notice Prices that hold in `slot`.
    function pricesAt(
        ParticipantId gridOperator,
        SlotId slot
    ) external view returns (Price importPrice, Price feedInPrice);
}
