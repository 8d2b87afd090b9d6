// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Vm
/// @notice The few cheatcodes of the Solidity test runner that these tests need.
interface Vm {
    struct Log {
        bytes32[] topics;
        bytes data;
        address emitter;
    }

    function addr(uint256 privateKey) external pure returns (address);

    function sign(uint256 privateKey, bytes32 digest) external pure returns (uint8 v, bytes32 r, bytes32 s);

    function getCode(string calldata contractName) external view returns (bytes memory creationCode);

    function prank(address sender) external;

    function warp(uint256 timestamp) external;

    function recordLogs() external;

    function getRecordedLogs() external returns (Log[] memory);
}

/// @dev Where the test runner answers.
Vm constant VM = Vm(0x7109709ECfa91a80626fF3989D68f67F5b1DD12D);
