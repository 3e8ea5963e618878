// huren.h for Free Pascal and Delphi: one class over the ten functions.
// Promises: text is UTF-8 in AnsiString (UTF8String) throughout; a failure raises EHuren with huren's own words.
// Refuses: hiding a status. Submit gives HUREN_OK or HUREN_DUPLICATE; Query and Poll give '' where huren has no answer.
unit huren;

{$IFDEF FPC}{$MODE DELPHI}{$ENDIF}
{$H+}

interface

uses SysUtils, huren_status;

type
  EHuren = class(Exception)
  public
    Status: Integer;
    constructor CreateStatus(AStatus: Integer; const Why: UTF8String);
  end;

  THuren = class
  private
    FHandle: Integer;
    class function Check(Status: Integer): Integer; static;
  public
    constructor Create(const ConfigPath, Vendor, Product, Version: UTF8String);
    destructor Destroy; override;
    // HUREN_OK: on disk. HUREN_DUPLICATE: it already was.
    function Submit(const EventType, Key, Json: UTF8String): Integer;
    // The answer, or '' when there was none in time: the doctor carries on.
    function Query(const Topic, Json: UTF8String; DeadlineMs: Cardinal): UTF8String;
    // The next notice, or ''. It comes again until it is acknowledged.
    function Poll(WaitMs: Cardinal): UTF8String;
    procedure Acknowledge(const NoticeId: UTF8String);
    function Health: UTF8String;
  end;

implementation

const
  Abi = 1 shl 16;  // (major shl 16) or minor of the huren.h that this file was written from
{$IFDEF MSWINDOWS}
  Lib = 'huren.dll';
{$ELSE}
  Lib = 'huren';
{$ENDIF}

type
  THost = record
    StructSize, Reserved: Cardinal;
    User: Pointer;
    Vendor, Product, Version: PAnsiChar;
    Log, Wake: Pointer;
  end;

// stdcall on 32-bit Windows; elsewhere there is one convention, which cdecl names.
{$IF Defined(MSWINDOWS) and Defined(CPU32)}{$DEFINE HUREN_STDCALL}{$IFEND}
function huren_open(AbiNumber: Cardinal; ConfigPath: PAnsiChar; var Host: THost; out Handle: Integer): Integer; {$IFDEF HUREN_STDCALL}stdcall{$ELSE}cdecl{$ENDIF}; external Lib;
function huren_close(Handle: Integer; GraceMs: Cardinal): Integer; {$IFDEF HUREN_STDCALL}stdcall{$ELSE}cdecl{$ENDIF}; external Lib;
function huren_submit_json(Handle: Integer; EventType, Key: PAnsiChar; Json: Pointer; Size: Cardinal): Integer; {$IFDEF HUREN_STDCALL}stdcall{$ELSE}cdecl{$ENDIF}; external Lib;
function huren_query(Handle: Integer; Topic: PAnsiChar; Json: Pointer; Size, DeadlineMs: Cardinal; Buffer: Pointer; Capacity: Cardinal; var Needed: Cardinal): Integer; {$IFDEF HUREN_STDCALL}stdcall{$ELSE}cdecl{$ENDIF}; external Lib;
function huren_poll(Handle: Integer; WaitMs: Cardinal; Buffer: Pointer; Capacity: Cardinal; var Needed: Cardinal): Integer; {$IFDEF HUREN_STDCALL}stdcall{$ELSE}cdecl{$ENDIF}; external Lib;
function huren_acknowledge(Handle: Integer; NoticeId: PAnsiChar): Integer; {$IFDEF HUREN_STDCALL}stdcall{$ELSE}cdecl{$ENDIF}; external Lib;
function huren_health(Handle: Integer; Buffer: Pointer; Capacity: Cardinal; var Needed: Cardinal): Integer; {$IFDEF HUREN_STDCALL}stdcall{$ELSE}cdecl{$ENDIF}; external Lib;
function huren_last_error(Buffer: Pointer; Capacity: Cardinal; var Needed: Cardinal): Integer; {$IFDEF HUREN_STDCALL}stdcall{$ELSE}cdecl{$ENDIF}; external Lib;

const
  FirstSize = 64 * 1024;

constructor EHuren.CreateStatus(AStatus: Integer; const Why: UTF8String);
begin
  inherited Create(IntToStr(AStatus) + ': ' + string(Why));
  Status := AStatus;
end;

class function THuren.Check(Status: Integer): Integer;
var
  Why: UTF8String;
  Size: Cardinal;
begin
  if Status < 0 then
  begin
    SetLength(Why, 8192);
    Size := 0;
    huren_last_error(Pointer(Why), 8192, Size);
    if Size > 8192 then Size := 8192;
    SetLength(Why, Size);
    raise EHuren.CreateStatus(Status, Why);
  end;
  Result := Status;
end;

constructor THuren.Create(const ConfigPath, Vendor, Product, Version: UTF8String);
var
  Host: THost;
begin
  inherited Create;
  FillChar(Host, SizeOf(Host), 0);
  Host.StructSize := SizeOf(Host);
  Host.Vendor := PAnsiChar(Vendor);
  Host.Product := PAnsiChar(Product);
  Host.Version := PAnsiChar(Version);
  Check(huren_open(Abi, PAnsiChar(ConfigPath), Host, FHandle));
end;

destructor THuren.Destroy;
begin
  if FHandle <> 0 then huren_close(FHandle, 2000);
  inherited Destroy;
end;

function THuren.Submit(const EventType, Key, Json: UTF8String): Integer;
begin
  Result := Check(huren_submit_json(FHandle, PAnsiChar(EventType), PAnsiChar(Key), Pointer(Json), Length(Json)));
end;

function THuren.Query(const Topic, Json: UTF8String; DeadlineMs: Cardinal): UTF8String;
var
  Size: Cardinal;
  Status: Integer;
begin
  Size := FirstSize;
  repeat  // HUREN_E_BUFFER: the size needed is in Size now; nothing was consumed
    SetLength(Result, Size);
    Status := huren_query(FHandle, PAnsiChar(Topic), Pointer(Json), Length(Json), DeadlineMs, Pointer(Result), Length(Result), Size);
  until Status <> HUREN_E_BUFFER;
  if Check(Status) = HUREN_OK then SetLength(Result, Size) else Result := '';
end;

function THuren.Poll(WaitMs: Cardinal): UTF8String;
var
  Size: Cardinal;
  Status: Integer;
begin
  Size := FirstSize;
  repeat
    SetLength(Result, Size);
    Status := huren_poll(FHandle, WaitMs, Pointer(Result), Length(Result), Size);
  until Status <> HUREN_E_BUFFER;
  if Check(Status) = HUREN_OK then SetLength(Result, Size) else Result := '';
end;

procedure THuren.Acknowledge(const NoticeId: UTF8String);
begin
  Check(huren_acknowledge(FHandle, PAnsiChar(NoticeId)));
end;

function THuren.Health: UTF8String;
var
  Size: Cardinal;
  Status: Integer;
begin
  Size := FirstSize;
  repeat
    SetLength(Result, Size);
    Status := huren_health(FHandle, Pointer(Result), Length(Result), Size);
  until Status <> HUREN_E_BUFFER;
  Check(Status);
  SetLength(Result, Size);
end;

end.
