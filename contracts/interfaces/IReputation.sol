// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import { ParticipantId } from "../types/ParticipantId.sol";
import { Wh } from "../types/Units.sol";

/// @dev Highest reputation.
uint256 constant MAX_REPUTATION = 10_000;

/// @dev Reputation of a participant that has done nothing yet: the middle.
uint256 constant INITIAL_REPUTATION = 5000;

/// @title IReputation
/// @notice The paper's reputation value `RV` (section 2.1): 0 to 10,000, starting at 5,000. It rises with fulfilled contracts,
/// by their energy, and falls faster with what was promised and not kept. It breaks ties in the auction and scales the
/// deposits. This contract has the rules; the value itself is kept in the account's word of the vault, which tells its
/// changes, because whoever needs the one needs the other.
interface IReputation {
    /// @notice Raises the reputation of both sides of an executed transfer over `energy`. Market only.
    function reward(ParticipantId one, ParticipantId other, Wh energy) external;

    /// @notice Lowers the reputation for a contract, a transfer or a beacon value that was not delivered. Market only.
    function penalizeDefault(ParticipantId participant) external;

    /// @notice Lowers the reputation for a plan that was never opened. Market only.
    function penalizeUnopened(ParticipantId participant) external;

    /// @notice Reputation of a participant, 0 to 10,000.
    function reputationOf(ParticipantId participant) external view returns (uint256);
}
