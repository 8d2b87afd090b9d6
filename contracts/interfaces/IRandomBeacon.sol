// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import { ParticipantId } from "../types/ParticipantId.sol";
import { SlotId } from "../types/SlotId.sol";

/// @notice An operator's hash chain. Its value `v(s)` for slot `s` is the preimage of the one before:
/// `keccak256(v(s)) = v(s - 1)`, and `keccak256(v(firstSlot)) = anchor`.
struct Chain {
    /// @dev The value opened last; the anchor at first.
    bytes32 last;
    /// @dev Slot of the next value.
    SlotId nextSlot;
    /// @dev Slot of the last value.
    SlotId lastSlot;
    /// @dev Whether the chain is in force: bonded, not retired, not slashed.
    bool active;
}

/// @title IRandomBeacon
/// @notice Randomness for the auction's draw that no bidder knows when it commits or reveals. Operators commit to hash chains
/// ahead of time and open one value per slot after its reveal window. The value of a slot combines what was opened. Who
/// does not open loses its bond; the market goes on without it.
interface IRandomBeacon {
    /// @notice An operator committed to a chain.
    event ChainCommitted(ParticipantId indexed operator, bytes32 anchor, SlotId firstSlot, SlotId lastSlot);

    /// @notice An operator's value for a slot was opened.
    event ValueOpened(ParticipantId indexed operator, SlotId indexed slot, bytes32 value);

    /// @notice An operator missed a slot; its bond is forfeited.
    event OperatorSlashed(ParticipantId indexed operator, SlotId indexed slot, uint256 bond);

    /// @notice An operator's chain was opened to its end; its bond is available again.
    event ChainRetired(ParticipantId indexed operator);

    /// @notice There are as many operators as the beacon can combine in one transaction.
    error TooManyOperators(uint256 most);

    /// @notice The operator's chain is in force.
    error ChainActive(ParticipantId operator);

    /// @notice The operator has no chain in force.
    error NoChain(ParticipantId operator);

    /// @notice The chain begins too early to be blind or too far ahead, is empty, or is too long.
    error InvalidChain(SlotId firstSlot, uint256 length, SlotId earliestSlot, uint256 longest);

    /// @notice Values are opened one after the other.
    error WrongSlot(SlotId slot, SlotId expected);

    /// @notice The value is not the preimage of the one before.
    error NotThePreimage(bytes32 value, bytes32 last);

    /// @notice The slot's values can be opened only between these times.
    error WrongWindow(SlotId slot, uint256 from, uint256 to, uint256 time);

    /// @notice The operator has missed no slot.
    error NothingMissed(ParticipantId operator, SlotId nextSlot);

    /// @notice The chain has values that are not opened.
    error ChainNotOver(ParticipantId operator, SlotId lastSlot);

    /// @notice Commits the caller to a chain and locks its bond. Caller: an active beacon operator.
    /// @param anchor hash of the first value
    /// @param firstSlot slot of the first value, at least two after the current one
    /// @param length number of values
    function commitChain(bytes32 anchor, SlotId firstSlot, uint32 length) external;

    /// @notice Opens an operator's value for a slot, after its reveal window. Anyone who has the value may send it.
    function open(ParticipantId operator, SlotId slot, bytes32 value) external;

    /// @notice Forfeits the bond of an operator that missed a slot. Anyone may call, with effect once.
    function slash(ParticipantId operator) external;

    /// @notice Makes the bond of an operator available whose chain was opened to its end. Anyone may call.
    function retire(ParticipantId operator) external;

    /// @notice The combined value of a slot.
    /// @return isFinal whether all values are open or the time for opening is over
    /// @return value 0 if nothing was opened
    function valueAt(SlotId slot) external view returns (bool isFinal, bytes32 value);

    /// @notice An operator's chain.
    function chainOf(ParticipantId operator) external view returns (Chain memory);

    /// @notice The operators whose chains are in force.
    function operators() external view returns (ParticipantId[] memory);
}
