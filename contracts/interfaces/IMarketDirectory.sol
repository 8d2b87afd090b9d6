// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice Everything about a market that is fixed when it is deployed.
struct Parameters {
    /// @dev Unix time at which slot 0 begins.
    uint64 genesis;
    /// @dev Length of a slot, seconds.
    uint32 slotSeconds;
    /// @dev Length of the commit window, from the start of the slot before the one that is auctioned, seconds.
    uint32 commitSeconds;
    /// @dev Length of the reveal window that follows, seconds. What is left of the slot is for clearing.
    uint32 revealSeconds;
    /// @dev Time that beacon operators have after the reveal window, seconds.
    uint32 beaconSeconds;
    /// @dev How many of the cheapest fitting offers the draw is among (the paper's k, section 2.2).
    uint8 drawAmong;
    /// @dev Share of the spread between offer and bid that goes to the seller, basis points.
    uint16 sellerShareBps;
    /// @dev Deposit of a participant with the highest reputation, basis points of the value at stake.
    uint16 minDepositBps;
    /// @dev Deposit of a participant with reputation 0, basis points of the value at stake.
    uint16 maxDepositBps;
    /// @dev For how many slots after its own a reading is accepted.
    uint16 lateReadingSlots;
    /// @dev Standing bond of a buyer, micro-yuan.
    uint64 buyerBond;
    /// @dev Standing bond of a seller, micro-yuan.
    uint64 sellerBond;
    /// @dev Bond of a beacon operator's hash chain, micro-yuan.
    uint64 beaconBond;
    /// @dev Reputation gained per kWh of a fulfilled contract.
    uint16 reputationPerKWh;
    /// @dev Highest reputation gained by one contract.
    uint16 maxReputationRise;
    /// @dev Reputation lost by a contract, transfer or beacon value that was not delivered.
    uint16 defaultReputationFall;
    /// @dev Reputation lost by a plan that was never opened.
    uint16 unopenedReputationFall;
}

/// @notice Addresses of a market's contracts.
struct Addresses {
    /// @dev OpenZeppelin AccessManager that names the administrators.
    address authority;
    address token;
    address identities;
    address vault;
    address reputation;
    address tariff;
    address meters;
    address beacon;
    address auction;
    address supply;
    address transfers;
}

/// @title IMarketDirectory
/// @notice The market's root: its parameters, and where its contracts are. It creates them itself, one after the other, and
/// so knows the address of each before it exists; that is what lets every contract keep the others as immutables
/// although they refer to each other in circles.
interface IMarketDirectory {
    /// @notice One of the market's contracts was created.
    /// @param index place of the contract among the market's parts, from 0
    event PartCreated(uint256 indexed index, address part);

    /// @notice A parameter is outside its bounds.
    /// @param name the parameter's name in `Parameters`
    error ParameterOutOfBounds(bytes32 name, uint256 value, uint256 lowest, uint256 highest);

    /// @notice Only the account that deployed the directory may create the market's parts.
    error NotDeployer(address caller);

    /// @notice All parts exist already.
    error AlreadyComplete();

    /// @notice The creation of a part failed without a reason of its own.
    error PartNotCreated(uint256 index);

    /// @notice Creates the next part of the market, in the order of `Addresses` from `identities` on.
    /// @param initCode creation code and constructor arguments
    /// @return part address of the new contract
    function create(bytes calldata initCode) external returns (address part);

    /// @notice The market's parameters.
    function parameters() external view returns (Parameters memory);

    /// @notice The addresses of all contracts, those not yet created included.
    function addresses() external view returns (Addresses memory);

    /// @notice How many of the parts exist.
    function created() external view returns (uint256);
}
