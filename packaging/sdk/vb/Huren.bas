' huren.h for VB6 and VBA (32-bit Windows). Text is UTF-8 in byte arrays: convert with ADODB.Stream or MultiByteToWideChar.
' Every function is __stdcall and undecorated. A status below 0 failed: ask huren_last_error on the same thread.
' Use huren_submit_json: VB need not build a structure. Pass ByVal 0& for the host structure.
Attribute VB_Name = "Huren"
Option Explicit

Public Const HUREN_ABI As Long = &H10000

Public Declare Function huren_abi Lib "huren.dll" () As Long
Public Declare Function huren_open Lib "huren.dll" (ByVal abi As Long, ByRef configPath As Byte, ByVal host As Long, ByRef handle As Long) As Long
Public Declare Function huren_close Lib "huren.dll" (ByVal handle As Long, ByVal graceMs As Long) As Long
Public Declare Function huren_submit_json Lib "huren.dll" (ByVal handle As Long, ByVal eventType As String, ByVal key As String, ByRef json As Byte, ByVal jsonSize As Long) As Long
Public Declare Function huren_query Lib "huren.dll" (ByVal handle As Long, ByVal topic As String, ByRef json As Byte, ByVal jsonSize As Long, ByVal deadlineMs As Long, ByRef buffer As Byte, ByVal capacity As Long, ByRef size As Long) As Long
Public Declare Function huren_poll Lib "huren.dll" (ByVal handle As Long, ByVal waitMs As Long, ByRef buffer As Byte, ByVal capacity As Long, ByRef size As Long) As Long
Public Declare Function huren_acknowledge Lib "huren.dll" (ByVal handle As Long, ByVal noticeId As String) As Long
Public Declare Function huren_health Lib "huren.dll" (ByVal handle As Long, ByRef buffer As Byte, ByVal capacity As Long, ByRef size As Long) As Long
Public Declare Function huren_last_error Lib "huren.dll" (ByRef buffer As Byte, ByVal capacity As Long, ByRef size As Long) As Long
