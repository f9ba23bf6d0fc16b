// The servant of Torture::Echo.

#pragma once

#include "echo.hh"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>

class EchoServant : public POA_Torture::Echo {
public:
    EchoServant();

    // Lets all calls of hold return, now and from now on.
    void end();

    CORBA::Short echo_short(CORBA::Short value) override { return value; }
    CORBA::Long echo_long(CORBA::Long value) override;
    CORBA::LongLong echo_long_long(CORBA::LongLong value) override { return value; }
    CORBA::Octet echo_octet(CORBA::Octet value) override { return value; }
    CORBA::UShort echo_unsigned_short(CORBA::UShort value) override { return value; }
    CORBA::ULong echo_unsigned_long(CORBA::ULong value) override { return value; }
    CORBA::ULongLong echo_unsigned_long_long(CORBA::ULongLong value) override { return value; }
    CORBA::Float echo_float(CORBA::Float value) override { return value; }
    CORBA::Double echo_double(CORBA::Double value) override { return value; }
    CORBA::Boolean echo_boolean(CORBA::Boolean value) override { return value; }
    CORBA::Char echo_char(CORBA::Char value) override { return value; }
    CORBA::WChar echo_wchar(CORBA::WChar value) override { return value; }
    char* echo_string(const char* value) override;
    CORBA::WChar* echo_wstring(const CORBA::WChar* value) override;

    char* echo_short_text(const char* value) override;
    Torture::FewLongs* echo_few_longs(const Torture::FewLongs& value) override;
    Torture::Octets* echo_octets(const Torture::Octets& value) override;
    Torture::Longs* echo_longs(const Torture::Longs& value) override;
    Torture::Doubles* echo_doubles(const Torture::Doubles& value) override;
    Torture::Strings* echo_strings(const Torture::Strings& value) override;
    Torture::LongTable* echo_long_table(const Torture::LongTable& value) override;
    Torture::Matrix_slice* echo_matrix(const Torture::Matrix value) override;
    Torture::Point echo_point(const Torture::Point& value) override { return value; }
    Torture::Record* echo_record(const Torture::Record& value) override;
    Torture::Records* echo_records(const Torture::Records& value) override;
    Torture::Colour echo_colour(Torture::Colour value) override { return value; }
    Torture::Shape* echo_shape(const Torture::Shape& value) override;
    Torture::Shapes* echo_shapes(const Torture::Shapes& value) override;
    Torture::Choice* echo_choice(const Torture::Choice& value) override;
    Torture::MaybeLong echo_maybe_long(const Torture::MaybeLong& value) override { return value; }
    Torture::MaybeRecord* echo_maybe_record(const Torture::MaybeRecord& value) override;
    Torture::Entries* echo_entries(const Torture::Entries& value) override;

    Torture::Echo_ptr echo_self_type(Torture::Echo_ptr value) override;
    Grid_ptr echo_grid(Grid_ptr value) override;
    CORBA::Object_ptr echo_object(CORBA::Object_ptr value) override;
    Grid_ptr make_grid(CORBA::Short height, CORBA::Short width) override;
    Torture::Bottom_ptr make_bottom(const char* title) override;
    CORBA::Long call_back(Torture::Callback_ptr target, CORBA::Long depth) override;

    CORBA::Long split(CORBA::Long value, CORBA::Long by, CORBA::Long& remainder) override;
    CORBA::Long rotate(CORBA::Long rounds, char*& first, char*& second, char*& third) override;
    CORBA::Octet gather(const char* name, Torture::Record& item, Torture::Colour& kind, Torture::Records& items,
                        Torture::Doubles_out coordinates) override;
    void only_out(CORBA::String_out text, CORBA::ULongLong& number, Torture::Matrix cells) override;

    char* label() override;
    void label(const char* value) override;
    Torture::Record* favourite() override;
    void favourite(const Torture::Record& value) override;
    CORBA::Double ratio() override { return 0.1; }

    void raise_plain() override;
    void raise_reason(const char* text) override;
    CORBA::Long raise_rich(const char* text, const Torture::Longs& values, const Torture::Record& item) override;
    CORBA::Long raise_either(CORBA::Long which) override;
    void raise_system(CORBA::ULong number, CORBA::ULong minor, Torture::Completion completed) override;

    Torture::Octets* make_octets(CORBA::ULong length, CORBA::Octet first) override;

    void post(CORBA::Long value) override { posted_ += value; }
    CORBA::LongLong posted() override { return posted_; }
    void slow(CORBA::ULong ms) override;
    void hold() override;
    CORBA::ULong held() override;
    CORBA::ULong release() override;
    CORBA::Long calls() override { return calls_; }
    Torture::Echo_ptr forwarded(Torture::Echo_ptr target, CORBA::Boolean permanent) override;

private:
    std::atomic<CORBA::LongLong> posted_{0};
    std::atomic<CORBA::Long> calls_{0};

    std::mutex attributes_lock_;
    std::string label_;
    Torture::Record favourite_;

    std::mutex hold_lock_;
    std::condition_variable released_;
    CORBA::ULong held_ = 0;
    CORBA::ULongLong releases_ = 0;
    bool ended_ = false;
};
