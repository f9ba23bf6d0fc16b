// The size at which this ORB cuts messages into fragments.
//
// omniORB 4.2 has no option for it (4.3 has -ORBgiopBufferSize); the variable behind it is exported all the same.

#pragma once

#include <omniORB4/CORBA.h>
#include <omniORB4/internal/giopStream.h>

#include <algorithm>

// Must be called before the ORB starts. Fragments are then about so many bytes, a multiple of 8; large blocks of
// octets and numbers are cut too, instead of being sent in one piece from where they lie.
inline void send_fragments_of(CORBA::ULong bytes) {
    constexpr CORBA::ULong least = 256; // Below it omniORB has no room for the header of a request.
    omni::giopStream::bufferSize = std::max(least, bytes) / 8 * 8;
    omni::giopStream::directSendCutOff = 0x7fffffff;
}
