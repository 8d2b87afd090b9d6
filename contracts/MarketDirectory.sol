// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import { Addresses, IMarketDirectory, Parameters } from "./interfaces/IMarketDirectory.sol";
import { MAX_REPUTATION } from "./interfaces/IReputation.sol";
import { SettlementMath } from "./libraries/SettlementMath.sol";

/// @title MarketDirectory
/// @notice Implements {IMarketDirectory}, where everything is described.
contract MarketDirectory is IMarketDirectory {
    /// @dev Contracts that the directory creates: all of `Addresses` but the authority and the token.
    uint256 private constant PARTS = 9;

    /// @dev More candidates than this would not fit the word that keeps them between two pages of a clearing.
    uint256 private constant MAX_DRAW_AMONG = 8;

    address private immutable _deployer;
    address private immutable _authority;
    address private immutable _token;

    Parameters private _parameters;
    uint256 private _created;

    /// @param authority_ OpenZeppelin AccessManager of the market
    /// @param token_ ERC-20 in which the market settles, of standard behaviour
    /// @param parameters_ checked here, so that a market that exists is a market that works
    constructor(address authority_, address token_, Parameters memory parameters_) {
        _deployer = msg.sender;
        _authority = authority_;
        _token = token_;

        Parameters memory p = parameters_;
        _within("slotSeconds", p.slotSeconds, 4, 1 weeks);
        // So that the auction of slot 0 has a time, too.
        _within("genesis", p.genesis, p.slotSeconds, type(uint40).max);
        _within("commitSeconds", p.commitSeconds, 1, p.slotSeconds);
        _within("revealSeconds", p.revealSeconds, 1, p.slotSeconds);
        uint256 windows = uint256(p.commitSeconds) + p.revealSeconds;
        _within("clearingSeconds", windows, 2, p.slotSeconds - 1);
        _within("beaconSeconds", p.beaconSeconds, 1, p.slotSeconds - windows);
        _within("drawAmong", p.drawAmong, 1, MAX_DRAW_AMONG);
        _within("sellerShareBps", p.sellerShareBps, 0, SettlementMath.BPS);
        _within("maxDepositBps", p.maxDepositBps, 0, SettlementMath.BPS);
        _within("minDepositBps", p.minDepositBps, 0, p.maxDepositBps);
        _within("lateReadingSlots", p.lateReadingSlots, 1, 1000);
        _within("defaultReputationFall", p.defaultReputationFall, uint256(p.maxReputationRise) + 1, MAX_REPUTATION);
        _within("unopenedReputationFall", p.unopenedReputationFall, uint256(p.maxReputationRise) + 1, MAX_REPUTATION);
        _parameters = p;
    }

    /// @inheritdoc IMarketDirectory
    function create(bytes calldata initCode) external returns (address part) {
        if (msg.sender != _deployer) revert NotDeployer(msg.sender);
        uint256 index = _created;
        if (index == PARTS) revert AlreadyComplete();
        _created = index + 1;

        bytes memory code = initCode;
        assembly ("memory-safe") {
            part := create(0, add(code, 0x20), mload(code))
            if iszero(part) {
                if returndatasize() {
                    returndatacopy(mload(0x40), 0, returndatasize())
                    revert(mload(0x40), returndatasize())
                }
            }
        }
        if (part.code.length == 0) revert PartNotCreated(index);
        emit PartCreated(index, part);
    }

    /// @inheritdoc IMarketDirectory
    function parameters() external view returns (Parameters memory) {
        return _parameters;
    }

    /// @inheritdoc IMarketDirectory
    function addresses() external view returns (Addresses memory) {
        return
            Addresses({
                authority: _authority,
                token: _token,
                identities: _partAt(0),
                vault: _partAt(1),
                reputation: _partAt(2),
                tariff: _partAt(3),
                meters: _partAt(4),
                beacon: _partAt(5),
                auction: _partAt(6),
                supply: _partAt(7),
                transfers: _partAt(8)
            });
    }

    /// @inheritdoc IMarketDirectory
    function created() external view returns (uint256) {
        return _created;
    }

    /// @dev Address that CREATE gives to this contract's creation number `index` (its nonce starts at 1, EIP-161).
    function _partAt(uint256 index) private view returns (address) {
        bytes memory rlp = abi.encodePacked(hex"d694", address(this), uint8(index + 1));
        return address(uint160(uint256(keccak256(rlp))));
    }

    function _within(bytes32 name, uint256 value, uint256 lowest, uint256 highest) private pure {
        if (value < lowest || value > highest) revert ParameterOutOfBounds(name, value, lowest, highest);
    }
}
