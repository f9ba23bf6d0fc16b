// Equality of IDL values: two values are equal if and only if their CDR images are. This compares NaN payloads,
// the sign of zero, and the label a union was read with, and needs no comparison operator per type.

#pragma once

#include "checks.h"
#include "echo.hh"

#include <omniORB4/cdrStream.h>
#include <omniORB4/codeSets.h>

#include <cstdio>
#include <string>
#include <type_traits>

inline void write(cdrStream& out, CORBA::Octet value) { out.marshalOctet(value); }
inline void write(cdrStream& out, CORBA::Boolean value) { out.marshalBoolean(value); }
inline void write(cdrStream& out, CORBA::WChar value) { out.marshalULong(static_cast<CORBA::ULong>(value)); }

inline void write(cdrStream& out, const char* value) {
    for (; *value != 0; ++value)
        out.marshalOctet(static_cast<CORBA::Octet>(*value));
    out.marshalOctet(0);
}

inline void write(cdrStream& out, const CORBA::WChar* value) {
    for (; *value != 0; ++value)
        write(out, *value);
    write(out, CORBA::WChar(0));
}

inline void write(cdrStream& out, const std::vector<CORBA::Long>& values) {
    for (CORBA::Long value : values)
        out.marshalLong(value);
}

template <class T>
void write(cdrStream& out, const T& value) {
    value >>= out;
}

// The cells of a matrix in order, as a value that can be compared.
inline std::vector<CORBA::Long> cells(const Torture::Matrix value) {
    return {&value[0][0], &value[0][0] + 3 * 2};
}

// The bytes of a value. Padding is zero; text is UTF-8 whatever the process's own code set is.
template <class T>
std::string image(const T& value) {
    cdrMemoryStream out(0, true);
    out.TCS_C(omni::omniCodeSet::getTCS_C("UTF-8", GIOP::Version{1, 2}));
    write(out, value);
    return {static_cast<const char*>(out.bufPtr()), out.bufSize()};
}

inline std::string hex(const std::string& bytes, size_t from, size_t count) {
    std::string text;
    for (size_t i = from; i < bytes.size() && i < from + count; ++i) {
        char two[3];
        std::snprintf(two, sizeof two, "%02x", static_cast<unsigned char>(bytes[i]));
        text += two;
    }
    return text;
}

// Fails unless the two are equal; the message shows the images around the first difference.
template <class T, class U>
void expect_same(const T& expected, const U& got) {
    std::string left = image(expected);
    std::string right = image(got);
    if (left == right)
        return;
    size_t at = 0;
    while (at < left.size() && at < right.size() && left[at] == right[at])
        ++at;
    size_t from = at < 16 ? 0 : at - 16;
    auto show = [&](const std::string& bytes) {
        return std::to_string(bytes.size()) + " bytes, at " + std::to_string(from) + " " + hex(bytes, from, 48);
    };
    throw Mismatch(show(left), show(right));
}

// Fails unless two plain numbers, flags or texts are equal; the message shows them as they are.
inline void expect_equal(long long expected, long long got) {
    if (expected != got)
        throw Mismatch(std::to_string(expected), std::to_string(got));
}

inline void expect_text(const std::string& expected, const std::string& got) {
    if (expected != got)
        throw Mismatch("\"" + expected + "\"", "\"" + got + "\"");
}
